// One GET, or POST, with libcurl: what it may reach (Access), what came back, and whether trying again may help.
// Not here: redirects, retries (exchange.h), several at once (download.h).
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "download/access.h"
#include "download/byte_ranges.h"
#include "pixelforge/cancel.h"

namespace pxf {

/// How long is waited for a server, and how often it is asked again.
struct Patience {
  std::chrono::milliseconds connect{15'000};
  std::chrono::milliseconds stall{30'000};  // without a byte, or with hardly any
  int questions = 4;                        // that are asked in vain before it is given up
  int tries = 8;                            // of fetching, in a row without a byte
  std::chrono::milliseconds first_wait{500}, longest_wait{60'000};
  std::chrono::milliseconds save_every{1'000};  // the journal

  /// Before the next try: doubled each time, or what the server asks for.
  std::chrono::milliseconds wait(int failures, std::chrono::seconds retry_after) const;
};

struct Trouble {
  Error error;
  bool may_pass = false;  // when it is tried again
  bool is_busy = false;   // the server asks for fewer requests
  long status = 0;        // of HTTP; 0: no answer
  std::chrono::seconds retry_after{0};
};

class HttpGet {
 public:
  /// Takes what comes of the body of an answer that is neither a redirect nor an error; false ends the transfer, and so
  /// does what it throws, which is the trouble then.
  using Sink = std::function<bool(Bytes)>;

  /// `access` and `cancel`, which may be null, outlive it.
  HttpGet(Url url, const Access& access, const Patience& patience, const CancelToken* cancel);
  HttpGet(const HttpGet&) = delete;
  HttpGet& operator=(const HttpGet&) = delete;

  /// Asks for these bytes alone; with a strong ETag only as long as the file is that one (RFC 9110, If-Range).
  void ask_for(ByteRange range, const std::string& etag);
  /// A POST of these bytes, which it keeps, that takes no longer than so; never by way of a proxy, which could reach
  /// what may not be reached.
  void post(std::string body, const std::vector<std::string>& headers, std::chrono::milliseconds longest);
  void give_to(Sink sink) { sink_ = std::move(sink); }
  CURL* handle() const { return handle_.get(); }
  CURLcode perform() { return ::curl_easy_perform(handle()); }

  const Url& url() const { return url_; }
  long status() const;
  /// Empty when there is no such header; `name` in lower case.
  const std::string& header(const std::string& name) const;
  bool is_redirect() const { return status() >= 300 && status() < 400 && !header("location").empty(); }
  /// After the transfer: what went wrong, if anything did. A sink that has ended it is no trouble.
  std::optional<Trouble> trouble(CURLcode code) const;

 private:
  struct Free {
    void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
  };
  std::size_t take_body(Bytes bytes);
  void take_header(std::string_view line);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t, curl_off_t);
  bool is_stalled(std::uint64_t received);
  void choose_way();
  void add_header(const std::string& line);
  Trouble refused() const;
  Trouble no_answer(CURLcode code) const;

  Url url_;
  const Access& access_;
  const CancelToken* cancel_;
  const std::chrono::milliseconds stall_;
  std::unique_ptr<CURL, Free> handle_;
  std::unique_ptr<curl_slist, Free> sent_;
  std::map<std::string, std::string> headers_;
  bool is_proxied_ = false;  // what is connected to is the proxy then
  std::string refusal_;      // of an address
  std::string body_;
  Sink sink_;
  bool ended_by_sink_ = false, stalled_ = false;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::uint64_t received_then_ = 0;
  std::optional<Error> failure_;  // thrown under libcurl
};

}  // namespace pxf
