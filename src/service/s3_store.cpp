// Pictures in a bucket of S3, or of anything that speaks its language (MinIO, Ceph, Garage …): PUT, GET and DELETE of
// objects, signed with AWS Signature Version 4 by libcurl.
#include <curl/curl.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "service/picture_store.h"
#include "store/file_hash.h"

namespace pxf {
namespace {

constexpr std::size_t kLargestAnswer = 512u << 20;
constexpr int kTries = 4;
constexpr std::chrono::milliseconds kFirstWait{200};
constexpr long kConnectSeconds = 10, kStallSeconds = 30;

std::string from_environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

struct Bucket {
  std::string address;  // of the bucket, without a slash at its end
  std::string prefix;   // of every object's name: empty, or with a slash at its end
  std::string region, key, secret, token, certificates;
  std::string text;  // as the user gave it
};

/// As RFC 3986 has it in a path, slashes as they are.
std::string encoded_path(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string out;
  for (const char c : path) {
    out += kPlain.find(c) != kPlain.npos ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// Of "s3://BUCKET/PREFIX", and the variables that every client of S3 reads. Throws Failure(invalid_argument).
Bucket bucket_of(const std::string& text) {
  Bucket out;
  out.text = text;
  const std::string rest = text.substr(std::string_view("s3://").size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string name = rest.substr(0, slash);
  out.prefix = rest.substr(std::min(slash + 1, rest.size()));
  if (!out.prefix.empty() && out.prefix.back() != '/') out.prefix += '/';
  require(!name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == name.npos,
          "store: got \"{}\", need s3://BUCKET or s3://BUCKET/PREFIX", text);
  out.region = from_environment({"AWS_REGION", "AWS_DEFAULT_REGION"});
  if (out.region.empty()) out.region = "us-east-1";
  out.key = from_environment({"AWS_ACCESS_KEY_ID"});
  out.secret = from_environment({"AWS_SECRET_ACCESS_KEY"});
  out.token = from_environment({"AWS_SESSION_TOKEN"});
  out.certificates = from_environment({"AWS_CA_BUNDLE"});
  require(!out.key.empty() && !out.secret.empty(),
          "store: {} needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment", text);
  std::string endpoint = from_environment({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  while (!endpoint.empty() && endpoint.back() == '/') endpoint.pop_back();
  require(endpoint.empty() || endpoint.starts_with("https://") || endpoint.starts_with("http://"),
          "store: AWS_ENDPOINT_URL is \"{}\", need an address of http or https", endpoint);
  // A name with dots does not fit AWS's certificate, which is for one label.
  const bool by_path = !endpoint.empty() || name.find('.') != name.npos;
  if (endpoint.empty()) endpoint = fmt::format("https://s3.{}.amazonaws.com", out.region);
  out.address =
      by_path ? fmt::format("{}/{}", endpoint, name) : fmt::format("https://{}.s3.{}.amazonaws.com", name, out.region);
  return out;
}

struct FreeCurl {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, FreeCurl>;

struct S3Answer {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::vector<std::byte> body;
  bool is_well() const { return code == CURLE_OK && status / 100 == 2; }
  bool may_pass() const { return code != CURLE_OK ? code != CURLE_WRITE_ERROR : status >= 500 || status == 429; }
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::vector<std::byte>*>(into);
  if (body.size() + size * count > kLargestAnswer) return 0;
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  body.insert(body.end(), begin, begin + size * count);
  return size * count;
}

// What S3 says went wrong: "<Code>NoSuchBucket</Code>".
std::string code_in(const std::vector<std::byte>& body) {
  const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
  const std::size_t begin = text.find("<Code>"), end = text.find("</Code>");
  constexpr std::size_t kLongest = 64;
  if (begin == text.npos || end == text.npos || end < begin) return {};
  return std::string(text.substr(begin + 6, std::min(end - begin - 6, kLongest)));
}

class S3Store : public PictureStore {
 public:
  explicit S3Store(Bucket bucket) : bucket_(std::move(bucket)) {}

  /// Throws Failure when the bucket cannot be used: better at the start than at the first picture.
  void check() {
    const std::string name = "pixelforge-looks-whether-this-answers";
    const S3Answer answer = ask("GET", name, {});
    const bool is_only_not_there = answer.code == CURLE_OK && answer.status == 404;
    if (!answer.is_well() && (!is_only_not_there || code_in(answer.body) == "NoSuchBucket"))
      throw Failure(error_of(answer, name));
  }

  Status put(const std::string& name, Bytes bytes) override {
    const S3Answer answer = ask("PUT", name, bytes);
    return answer.is_well() ? Status(Done{}) : error_of(answer, name);
  }

  Result<StoredBytes> get(const std::string& name) override {
    S3Answer answer = ask("GET", name, {});
    if (!answer.is_well()) return error_of(answer, name);
    const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(answer.body));
    return StoredBytes{*owner, owner};
  }

  Status remove(const std::string& name) override {
    const S3Answer answer = ask("DELETE", name, {});
    const bool is_gone = answer.code == CURLE_OK && answer.status == 404 && code_in(answer.body) != "NoSuchBucket";
    return answer.is_well() || is_gone ? Status(Done{}) : error_of(answer, name);
  }

 private:
  S3Answer ask(const char* method, const std::string& name, Bytes bytes) {
    S3Answer answer;
    for (int k = 0; k < kTries; ++k) {
      if (k > 0) std::this_thread::sleep_for(kFirstWait * (1 << (k - 1)));
      answer = ask_once(method, name, bytes);
      if (!answer.may_pass()) break;
    }
    return answer;
  }

  S3Answer ask_once(const char* method, const std::string& name, Bytes bytes) {
    S3Answer answer;
    Handle handle = take_handle();
    curl_easy_reset(handle.get());
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
    const std::string url = fmt::format("{}/{}", bucket_.address, encoded_path(bucket_.prefix + name));
    const std::string method_of_signing = fmt::format("aws:amz:{}:s3", bucket_.region);
    const std::string who = bucket_.key + ":" + bucket_.secret;
    curl_slist* list = curl_slist_append(nullptr, "Content-Type: application/octet-stream");
    // S3 wants it as a header, and libcurl 7.88 signs it without writing one.
    list = curl_slist_append(list, ("X-Amz-Content-Sha256: " + value_or_throw(sha256_of(bytes))).c_str());
    if (!bucket_.token.empty()) list = curl_slist_append(list, ("X-Amz-Security-Token: " + bucket_.token).c_str());
    const std::unique_ptr<curl_slist, FreeCurl> headers(list);
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_AWS_SIGV4, method_of_signing.c_str());
    set(CURLOPT_USERPWD, who.c_str());
    set(CURLOPT_HTTPHEADER, headers.get());
    if (std::string_view(method) == "PUT") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
      set(CURLOPT_POSTFIELDS, reinterpret_cast<const char*>(bytes.data()));
    }
    set(CURLOPT_CUSTOMREQUEST, method);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    set(CURLOPT_NOSIGNAL, 1L);
    if (!bucket_.certificates.empty()) set(CURLOPT_CAINFO, bucket_.certificates.c_str());
    answer.code = curl_easy_perform(handle.get());
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    give_back(std::move(handle));
    return answer;
  }

  Error error_of(const S3Answer& answer, const std::string& name) const {
    const std::string where = fmt::format("{}: {}{}", bucket_.text, bucket_.prefix, name);
    if (answer.code != CURLE_OK)
      return Error{ErrorCode::io, fmt::format("cannot be reached ({})", curl_easy_strerror(answer.code)), where};
    const std::string code = code_in(answer.body);
    if (code == "NoSuchBucket") return Error{ErrorCode::not_found, "there is no such bucket; make it first", where};
    if (answer.status == 404) return Error{ErrorCode::not_found, "there is no such picture in the store", where};
    const char* advice = answer.status == 403 ? "; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, and "
                                                "what the key may do in this bucket"
                                              : "";
    return Error{ErrorCode::io,
                 fmt::format("the store answers {}{}{}", answer.status, code.empty() ? "" : ", " + code, advice),
                 where};
  }

  // Connections stay open between pictures.
  Handle take_handle() {
    std::lock_guard lock(mutex_);
    if (idle_.empty()) return Handle(curl_easy_init());
    Handle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }
  void give_back(Handle handle) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(handle));
  }

  Bucket bucket_;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

}  // namespace

std::unique_ptr<PictureStore> open_picture_bucket(const std::string& address) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  require(ready == CURLE_OK, "store: libcurl does not start ({})", curl_easy_strerror(ready));
  auto store = std::make_unique<S3Store>(bucket_of(address));
  store->check();
  return store;
}

}  // namespace pxf
