#include "download/http_get.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/environment.h"
#include "base/trimmed.h"

namespace pxf {
namespace {

constexpr std::uint64_t kHardlyAny = 100;  // bytes a second
constexpr std::size_t kMostHeaders = 200;  // libcurl bounds their bytes

void start_libcurl() {
  static const CURLcode status = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  if (status != CURLE_OK) fail(ErrorCode::internal, "libcurl does not start: {}", ::curl_easy_strerror(status));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

/// A header's value must not begin a line of its own.
std::string one_line(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return text;
}

/// For https; http goes to the own network alone.
std::string proxy_of_environment() { return environment({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}); }

template <class T>
void set(CURL* handle, CURLoption option, T value) {
  if (const CURLcode status = ::curl_easy_setopt(handle, option, value); status != CURLE_OK) {
    fail(ErrorCode::internal, "libcurl refuses option {}: {}", static_cast<int>(option), ::curl_easy_strerror(status));
  }
}

}  // namespace

std::chrono::milliseconds Patience::wait(int failures, std::chrono::seconds retry_after) const {
  const auto doubled = first_wait * (std::int64_t{1} << std::clamp(failures - 1, 0, 16));
  return std::min<std::chrono::milliseconds>(longest_wait, std::max<std::chrono::milliseconds>(doubled, retry_after));
}

HttpGet::HttpGet(Url url, const Access& access, const Patience& patience, const CancelToken* cancel)
    : url_(std::move(url)), access_(access), cancel_(cancel), stall_(patience.stall) {
  start_libcurl();
  handle_.reset(::curl_easy_init());
  if (handle_ == nullptr) fail(ErrorCode::out_of_memory, "memory ran out");
  CURL* h = handle();
  set(h, CURLOPT_URL, url_.text.c_str());
  set(h, CURLOPT_PROTOCOLS_STR, "http,https");
  set(h, CURLOPT_FOLLOWLOCATION, 0L);
  set(h, CURLOPT_NOSIGNAL, 1L);
  // HTTP/2 would put all ranges into one connection, which is what several are to be better than.
  set(h, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(h, CURLOPT_USERAGENT, "pixelforge");
  set(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience.connect.count()));
  choose_way();
  set(h, CURLOPT_WRITEFUNCTION, &HttpGet::on_body);
  set(h, CURLOPT_WRITEDATA, this);
  set(h, CURLOPT_HEADERFUNCTION, &HttpGet::on_header);
  set(h, CURLOPT_HEADERDATA, this);
  set(h, CURLOPT_OPENSOCKETFUNCTION, &HttpGet::on_socket);
  set(h, CURLOPT_OPENSOCKETDATA, this);
  set(h, CURLOPT_XFERINFOFUNCTION, &HttpGet::on_progress);
  set(h, CURLOPT_XFERINFODATA, this);
  set(h, CURLOPT_NOPROGRESS, 0L);
  set(h, CURLOPT_PRIVATE, this);
  const Token* token = access_.token_of(url_);
  if (token != nullptr && !token->secret.empty()) add_header("Authorization: Bearer " + one_line(token->secret));
}

// A host of the own network is connected to, any other by way of the proxy where one is set. One or the other, whatever
// no_proxy says: then it is known whose address it is that is connected to.
void HttpGet::choose_way() {
  const std::string proxy = access_.may_be_private(url_.host) ? std::string() : proxy_of_environment();
  is_proxied_ = !proxy.empty();
  set(handle(), CURLOPT_PROXY, proxy.c_str());
  set(handle(), CURLOPT_NOPROXY, "");
  set(handle(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void HttpGet::add_header(const std::string& line) {
  curl_slist* longer = ::curl_slist_append(sent_.get(), line.c_str());
  if (longer == nullptr) fail(ErrorCode::out_of_memory, "memory ran out");
  static_cast<void>(sent_.release());
  sent_.reset(longer);
  set(handle(), CURLOPT_HTTPHEADER, longer);
}

void HttpGet::ask_for(ByteRange range, const std::string& etag) {
  set(handle(), CURLOPT_RANGE, fmt::format("{}-{}", range.begin, range.end - 1).c_str());
  if (etag.starts_with('"')) add_header("If-Range: " + one_line(etag));
}

void HttpGet::post(std::string body, const std::vector<std::string>& headers, std::chrono::milliseconds longest) {
  body_ = std::move(body);
  set(handle(), CURLOPT_POSTFIELDS, body_.data());
  set(handle(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  set(handle(), CURLOPT_TIMEOUT_MS, static_cast<long>(longest.count()));
  set(handle(), CURLOPT_PROXY, "");
  is_proxied_ = false;
  for (const std::string& line : headers) add_header(one_line(line));
}

std::size_t HttpGet::take_body(Bytes bytes) {
  if (status() < 200 || status() > 299) return bytes.size();  // the words of an error page are nobody's business
  if (sink_ && sink_(bytes)) return bytes.size();
  ended_by_sink_ = true;
  return 0;  // anything but the size ends it
}

void HttpGet::take_header(std::string_view line) {
  if (line.starts_with("HTTP/")) headers_.clear();  // an interim answer, or a proxy's, came before
  const auto colon = line.find(':');
  if (colon != std::string_view::npos && headers_.size() < kMostHeaders) {
    headers_[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
  }
}

// Nothing may be thrown through libcurl, which is C.
std::size_t HttpGet::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& request = *static_cast<HttpGet*>(self);
  const Result<std::size_t> taken =
      catch_errors([&] { return request.take_body(std::as_bytes(std::span(bytes, size * count))); });
  if (!taken) request.failure_ = taken.error();
  return taken ? taken.value() : 0;
}

std::size_t HttpGet::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& request = *static_cast<HttpGet*>(self);
  const Status taken = catch_errors([&] {
    request.take_header({bytes, size * count});
    return Done{};
  });
  if (!taken) request.failure_ = taken.error();
  return taken ? size * count : 0;
}

curl_socket_t HttpGet::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& request = *static_cast<HttpGet*>(self);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address->addr, std::min<std::size_t>(address->addrlen, sizeof storage));
  request.refusal_ = request.is_proxied_ ? std::string() : request.access_.refusal(request.url_, storage);
  if (!request.refusal_.empty()) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int HttpGet::on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t) {
  auto& get = *static_cast<HttpGet*>(self);
  if (get.cancel_ != nullptr && get.cancel_->requested()) return 1;
  get.stalled_ = get.is_stalled(static_cast<std::uint64_t>(received));
  return get.stalled_ ? 1 : 0;
}

/// libcurl's own limit looks at an average, which a fast start keeps up for long.
bool HttpGet::is_stalled(std::uint64_t received) {
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < stall_) return false;
  const bool hardly_any = (received - received_then_) * 1000 < kHardlyAny * static_cast<std::uint64_t>(stall_.count());
  looked_ = now;
  received_then_ = received;
  return hardly_any;
}

long HttpGet::status() const {
  long status = 0;
  ::curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

const std::string& HttpGet::header(const std::string& name) const {
  static const std::string kNone;
  const auto it = headers_.find(name);
  return it == headers_.end() ? kNone : it->second;
}

std::optional<Trouble> HttpGet::trouble(CURLcode code) const {
  if (cancel_ != nullptr && cancel_->requested()) return Trouble{{ErrorCode::cancelled, "cancelled", {}}};
  if (failure_) return Trouble{*failure_};
  if (status() >= 400) return refused();
  if (code == CURLE_OK || ended_by_sink_) return std::nullopt;
  return no_answer(code);
}

Trouble HttpGet::refused() const {
  Trouble out{{ErrorCode::io, {}, url_.shown()}};
  out.status = status();
  curl_off_t wait = 0;
  ::curl_easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &wait);
  out.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(wait, 0, 3600));
  if (out.status == 401 || out.status == 403) {
    const Token* token = access_.token_of(url_);
    const std::string advice =
        token == nullptr ? "it may need an account, or the address may have run out"
        : token->secret.empty()
            ? "set " + token->variable + " to a token of an account that may read it"
            : "the token in " + token->variable + " may not read it; accept its licence on its page";
    out.error.message = fmt::format("the server refuses it ({}): {}", out.status, advice);
  } else if (out.status == 404 || out.status == 410) {
    out.error.code = ErrorCode::not_found;
    out.error.message = fmt::format("there is no such thing on the server ({})", out.status);
  } else {
    out.is_busy = out.status == 429 || out.status == 503;
    out.may_pass = out.is_busy || out.status == 408 || out.status >= 500;
    out.error.message =
        fmt::format("the server {} ({}); try again later", out.is_busy ? "is too busy" : "failed", out.status);
  }
  return out;
}

Trouble HttpGet::no_answer(CURLcode code) const {
  Trouble out{{ErrorCode::io, {}, url_.shown()}};
  if (!refusal_.empty()) {
    out.error.message = "refused to connect: " + refusal_;
    return out;
  }
  if (stalled_) code = CURLE_OPERATION_TIMEDOUT;
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: out.error.message = "the connection broke off"; break;
    case CURLE_OPERATION_TIMEDOUT: out.error.message = "the server is silent"; break;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR: out.error.message = "cannot connect"; break;
    default:  // a certificate that is none, an answer that is no HTTP: trying again helps nothing
      out.error.message = fmt::format("cannot get it ({})", ::curl_easy_strerror(code));
      return out;
  }
  out.may_pass = true;
  out.error.message += fmt::format(" ({})", ::curl_easy_strerror(code));
  return out;
}

}  // namespace pxf
