// Requests and answers of HTTP, as routes see them; the network is http_server.cpp's alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pxf {

struct Caller;

struct HttpRequest {
  std::string method;                        // "GET"
  std::string path;                          // decoded, without the query: "/v1/jobs"
  std::map<std::string, std::string> query;  // decoded; of a name that comes twice, the last
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string remote;                    // the address of whoever is at the other end, without its port
  std::shared_ptr<const Caller> caller;  // who that is (identity.h)
  std::shared_ptr<const void> room;      // that the body takes of what all bodies may have

  /// By its name, in any case; empty where there is none.
  std::string_view header(std::string_view name) const;
  /// Of the query; empty where there is none.
  std::string parameter(const std::string& name) const;
};

/// Bytes to send, and whatever keeps them there.
struct HttpBody {
  HttpBody() = default;
  HttpBody(std::string text);
  HttpBody(std::span<const std::byte> shared, std::shared_ptr<const void> keeper)
      : bytes(shared), owner(std::move(keeper)) {}

  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

struct HttpResponse {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  HttpBody body = {};
};

const char* reason_of(int status);

/// An answer that goes on: text is sent as it comes. Thread-safe.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  HttpStream() = default;
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;
  /// Dropped, where `may_drop` and the client has not read what was sent before; sent otherwise.
  virtual void send(std::string text, bool may_drop) = 0;
  /// After all that was sent.
  virtual void close() = 0;
  /// Called once, on any thread, when the client has gone or the stream was closed.
  virtual void on_end(std::function<void()> ended) = 0;
};

/// Answers one request, once, from any thread. Copies answer the same request.
class HttpReply {
 public:
  class Exchange {
   public:
    virtual ~Exchange() = default;
    virtual void respond(HttpResponse response) = 0;
    virtual std::shared_ptr<HttpStream> begin_stream(HttpResponse head) = 0;
  };
  explicit HttpReply(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}

  /// Has the last word on what answers the request; streams are not asked.
  void before_send(std::function<void(HttpResponse&)> change) { change_ = std::move(change); }
  /// Sent with whatever answers the request.
  void add_header(std::string name, std::string value) { headers_.emplace_back(std::move(name), std::move(value)); }
  /// Likewise, unless the answer brings one of this name.
  void add_usual_header(std::string name, std::string value) { usual_.emplace_back(std::move(name), std::move(value)); }

  void send(HttpResponse response) const {
    response = with_headers(std::move(response));
    if (change_) change_(response);
    exchange_->respond(std::move(response));
  }
  /// The head's own body is not sent.
  std::shared_ptr<HttpStream> stream(HttpResponse head) const {
    return exchange_->begin_stream(with_headers(std::move(head)));
  }

 private:
  HttpResponse with_headers(HttpResponse response) const {
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    for (const auto& usual : usual_) {
      const auto is_it = [&](const auto& header) { return header.first == usual.first; };
      if (std::ranges::none_of(response.headers, is_it)) response.headers.push_back(usual);
    }
    return response;
  }

  std::shared_ptr<Exchange> exchange_;
  std::vector<std::pair<std::string, std::string>> headers_, usual_;
  std::function<void(HttpResponse&)> change_;
};

/// In any case.
bool equal_in_any_case(std::string_view a, std::string_view b);

/// Called on a thread that may be kept busy for a while.
using HttpHandler = std::function<void(HttpRequest request, HttpReply reply)>;

/// One of a stream of text/event-stream. `data`: without line ends.
std::string event_text(std::string_view name, std::string_view data);

/// "%2F" undone, and in a query "+"; what is no escape stays.
std::string percent_decoded(std::string_view text, bool plus_is_blank);

}  // namespace pxf
