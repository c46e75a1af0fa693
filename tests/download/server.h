// An HTTP/1.1 server of the tests' own, on loopback, which serves files well or badly: each path as its handler says.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pxf::test {

/// A question as it came.
struct Asked {
  std::string path;                            // with its query
  std::map<std::string, std::string> headers;  // names in lower case
  int before = 0;                              // how often that path was asked for before

  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

struct Served {
  std::string body = {};  // the whole file; ranges are cut from it
  int status = 200;       // else no ranges either
  std::map<std::string, std::string> headers = {};
  bool has_ranges = true;
  std::optional<std::size_t> break_after = {};     // bytes of a body; then the connection ends
  std::optional<std::size_t> stall_after = {};     // bytes of a body; then there is silence
  std::optional<std::size_t> claimed_length = {};  // of the whole file, whatever its body has
  bool is_endless = false;                         // the body goes on and on
  std::size_t bytes_a_second = 0;                  // 0: as fast as it goes
};

class Server {
 public:
  using Handler = std::function<Served(const Asked&)>;

  explicit Server(const char* address = "127.0.0.1") : address_(address) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &here.sin_addr);
    socklen_t length = sizeof here;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&here), length) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &length) != 0) {
      throw std::runtime_error("no server on loopback");
    }
    port_ = ntohs(here.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }
  ~Server() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    ::close(listener_);
    {
      const std::lock_guard hold(mutex_);
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& one : connections_) one.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void on(const std::string& path, Handler handler) {
    const std::lock_guard hold(mutex_);
    handlers_[path] = std::move(handler);
  }
  void serve(const std::string& path, Served served) {
    on(path, [served = std::move(served)](const Asked&) { return served; });
  }
  std::string url(const std::string& path = "") const { return fmt::format("http://{}:{}{}", address_, port_, path); }
  /// Everything that was asked for under that path.
  std::vector<Asked> asked(const std::string& path) const {
    const std::lock_guard hold(mutex_);
    const auto it = asked_.find(path);
    return it == asked_.end() ? std::vector<Asked>() : it->second;
  }
  std::size_t body_bytes_sent() const { return sent_; }

 private:
  void accept_all() {
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      const std::lock_guard hold(mutex_);
      open_.insert(socket);
      connections_.emplace_back([this, socket] {
        while (!ending_ && answer(socket)) {
        }
        const std::lock_guard hold_again(mutex_);
        open_.erase(socket);
        ::close(socket);
      });
    }
  }

  static bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// Nothing at the connection's end.
  static std::optional<Asked> read_question(int socket) {
    std::string text;
    char byte = 0;
    while (!text.ends_with("\r\n\r\n")) {
      if (::recv(socket, &byte, 1, 0) != 1) return std::nullopt;
      text += byte;
    }
    Asked out;
    const auto space = text.find(' ');  // behind "GET"
    out.path = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
    for (auto at = text.find("\r\n") + 2; at + 2 < text.size();) {
      const auto end = text.find("\r\n", at), colon = text.find(':', at);
      std::string name = text.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      out.headers[name] = text.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return out;
  }

  Served served_for(Asked& asked) {
    const std::string path = asked.path.substr(0, asked.path.find('?'));
    Handler handler;
    {
      const std::lock_guard hold(mutex_);
      auto& all = asked_[path];
      asked.before = static_cast<int>(all.size());
      all.push_back(asked);
      if (const auto it = handlers_.find(path); it != handlers_.end()) handler = it->second;
    }
    return handler ? handler(asked) : Served{"nothing here", 404};
  }

  /// False when the connection is to end.
  bool answer(int socket) {
    std::optional<Asked> asked = read_question(socket);
    if (!asked) return false;
    const Served served = served_for(*asked);
    std::string_view body = served.body;
    const std::size_t whole = served.claimed_length.value_or(body.size());
    std::string head = fmt::format("HTTP/1.1 {} X\r\n", served.status);
    std::size_t first = 0, last = 0;
    const bool ranged = served.has_ranges && served.status == 200 && read_range(*asked, served, first, last);
    if (ranged) {
      last = std::min(last, whole - 1);
      head = fmt::format("HTTP/1.1 206 X\r\nContent-Range: bytes {}-{}/{}\r\n", first, last, whole);
      body = body.substr(std::min(first, body.size()), last - first + 1);
    }
    for (const auto& [name, value] : served.headers) head += fmt::format("{}: {}\r\n", name, value);
    const std::size_t length = ranged ? last - first + 1 : whole;
    if (!served.is_endless) head += fmt::format("Content-Length: {}\r\n", length);
    return send_all(socket, head + "\r\n") && send_body(socket, body, served) && body.size() == length;
  }

  static bool read_range(const Asked& asked, const Served& served, std::size_t& first, std::size_t& last) {
    const std::string range = asked.header("range");
    if (!range.starts_with("bytes=")) return false;
    const std::string condition = asked.header("if-range");
    const auto etag = served.headers.find("ETag");
    if (!condition.empty() && (etag == served.headers.end() || etag->second != condition)) return false;
    const char* const end = range.data() + range.size();
    const auto parsed = std::from_chars(range.data() + 6, end, first);
    return std::from_chars(parsed.ptr + 1, end, last).ec == std::errc();
  }

  bool send_body(int socket, std::string_view body, const Served& served) {
    const std::size_t stop =
        std::min(served.break_after.value_or(body.size()), served.stall_after.value_or(body.size()));
    const std::size_t block = served.bytes_a_second > 0 ? std::max<std::size_t>(served.bytes_a_second / 100, 1) : 65536;
    for (std::size_t at = 0; at < std::min(stop, body.size()); at += block) {
      const std::string_view part = body.substr(at, std::min(block, stop - at));
      if (ending_ || !send_all(socket, part)) return false;
      sent_ += part.size();
      if (served.bytes_a_second > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const std::string more(65536, 'x');
    while (served.is_endless && !ending_ && send_all(socket, more)) sent_ += more.size();
    while (served.stall_after && !ending_ && is_open(socket))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return !served.break_after && !served.stall_after && !served.is_endless;
  }

  static bool is_open(int socket) {
    char byte = 0;
    return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
  }

  std::string address_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<std::size_t> sent_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, Handler> handlers_;
  std::map<std::string, std::vector<Asked>> asked_;
  std::set<int> open_;
  std::thread accepting_;
  std::vector<std::thread> connections_;
};

}  // namespace pxf::test
