// An HTTP/1.1 server on one address: connections are served by one thread that never waits, requests by a few that may.
// Refused before a handler sees them: headers over 32 KiB, bodies over the limit, one's own or of all together, heads
// and bodies that take too long, more connections than allowed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http.h"

namespace pxf {

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 7860;  // 0: any that is free
  std::size_t largest_body = 64u << 20;
  std::size_t all_bodies = 256u << 20;  // of requests that are being read or handled, but for small ones
  int most_connections = 4096;
  int handler_threads = 4;
  std::chrono::seconds head_time{15}, body_time{120}, idle_time{75}, write_time{120};
  std::chrono::milliseconds pulse{15'000};  // between two comments in a stream that has nothing to say
};

struct HttpCounts {
  std::int64_t connections = 0, requests = 0, streams = 0, body_bytes = 0;
};

class HttpServer {
 public:
  /// Listens when it returns. Throws Failure: invalid_argument (no address), io (the port is taken).
  HttpServer(const HttpOptions& options, HttpHandler handler);
  /// Like stop.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  HttpCounts counts() const;
  /// Takes no more requests, lets those under way be answered for so long, and ends.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(5));

  struct State;  // of the implementation

 private:
  std::shared_ptr<State> state_;
};

}  // namespace pxf
