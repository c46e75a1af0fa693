// Talks to a server on this machine byte by byte, so that tests can say what no client library would.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace pxf::test {

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("no connection");
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Whether all of it went.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Until the text has come, or the connection has ended; all that has come so far.
  const std::string& read_until(std::string_view text) {
    while (text.empty() || read_.find(text) == std::string::npos) {
      char buffer[16384];
      const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      read_.append(buffer, static_cast<std::size_t>(got));
    }
    return read_;
  }
  const std::string& read_all() { return read_until(""); }

 private:
  int socket_;
  std::string read_;
};

struct Answer {
  int status = 0;
  std::string head, body;
};

/// One request on a connection of its own. `headers`: lines with their ends.
inline Answer ask(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body = {},
                  std::string_view headers = {}) {
  Connection connection(port);
  connection.send(
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", method,
                  target, port, body.size(), headers, body));
  const std::string& all = connection.read_all();
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  return {std::stoi(all.substr(9, 3)), all.substr(0, end + 2), all.substr(end + 4)};
}

}  // namespace pxf::test
