#include "server/http_server.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "http_client.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

HttpOptions quick_options() {
  HttpOptions options;
  options.port = 0;
  options.largest_body = 1000;
  options.most_connections = 8;
  return options;
}

void echo(const HttpRequest& request, const HttpReply& reply) {
  reply.send(
      {.headers = {{"Content-Type", "text/plain"}}, .body = request.method + " " + request.path + " " + request.body});
}

class HttpServerTest : public testing::Test {
 protected:
  std::uint16_t port() const { return server.port(); }
  HttpServer server{quick_options(), echo};
};

TEST_F(HttpServerTest, RequestsOnOneConnectionAreAnsweredInTheirOrder) {
  Connection connection(port());
  connection.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  const std::string all = connection.read_until("POST /b hi");
  EXPECT_LT(all.find("GET /a "), all.find("POST /b hi"));
}

TEST_F(HttpServerTest, AHeadHasTheLengthAndNotTheBody) {
  const Answer answer = ask(port(), "HEAD", "/a");
  EXPECT_THAT(answer.head, HasSubstr("Content-Length: 8"));
  EXPECT_EQ(answer.body, "");
}

TEST_F(HttpServerTest, ABodyInChunksIsRead) {
  Connection connection(port());
  connection.send("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  EXPECT_THAT(connection.read_until("POST /c hi"), HasSubstr("POST /c hi"));
}

TEST_F(HttpServerTest, AClientThatWaitsForLeaveToSendGetsIt) {
  Connection connection(port());
  connection.send("POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(connection.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 100 Continue"));
  connection.send("hi");
  EXPECT_THAT(connection.read_until("POST /c hi"), HasSubstr("200 OK"));
}

TEST_F(HttpServerTest, EscapesInAnAddressAreUndoneOnce) {
  EXPECT_EQ(ask(port(), "GET", "/a%2520b%20c").body, "GET /a%20b c ");
  EXPECT_EQ(ask(port(), "GET", "/%").body, "GET /% ");
}

TEST_F(HttpServerTest, TooLongABodyOrHeadIsRefused) {
  EXPECT_EQ(ask(port(), "POST", "/", std::string(1001, 'x')).status, 413);
  EXPECT_EQ(ask(port(), "GET", "/", "", "X: " + std::string(40'000, 'x') + "\r\n").status, 431);
}

// Many clients send all of a request before they look at the answer, and take a connection that is cut for a failure.
TEST_F(HttpServerTest, AClientThatIsRefusedMaySendToTheEnd) {
  Connection connection(port());
  connection.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  connection.read_until("GET /first ");
  EXPECT_TRUE(connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8388608\r\n\r\n"));
  EXPECT_TRUE(connection.send(std::string(8 << 20, 'x')));
  EXPECT_THAT(connection.read_all(), HasSubstr("HTTP/1.1 413"));
}

class BodiesTest : public testing::Test {
 protected:
  static HttpOptions options() {
    HttpOptions options = quick_options();
    options.largest_body = 1 << 20;
    options.all_bodies = 1 << 20;
    return options;
  }
  /// All but its last byte has come.
  void begin_large_body(Connection& connection) {
    connection.send(fmt::format("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", kLarge));
    connection.send(std::string(kLarge - 1, 'x'));
    wait_for([&] { return server.counts().body_bytes == kLarge - 1; });
  }
  template <class Condition>
  void wait_for(const Condition& condition) {
    for (int i = 0; i < 5000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    ASSERT_TRUE(condition());
  }
  static constexpr int kLarge = 700'000;
  const std::string large = std::string(kLarge, 'x');
  HttpServer server{options(), echo};
};

TEST_F(BodiesTest, ThatAllTogetherAreTooLargeAreToldToComeBack) {
  Connection slow(server.port());
  begin_large_body(slow);
  const Answer refused = ask(server.port(), "POST", "/", large);
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.head, HasSubstr("Retry-After: "));
  slow.send("x");
  EXPECT_THAT(slow.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  wait_for([&] { return server.counts().body_bytes == 0; });
  EXPECT_EQ(ask(server.port(), "POST", "/", large).status, 200);
}

TEST_F(BodiesTest, SmallOnesAreReadWhateverOthersSend) {
  Connection one(server.port());
  begin_large_body(one);
  EXPECT_EQ(ask(server.port(), "POST", "/", large).status, 503);
  EXPECT_EQ(ask(server.port(), "POST", "/", std::string(10'000, 'x')).status, 200);
}

TEST_F(BodiesTest, ThatNeverCameWholeGiveTheirRoomBack) {
  {
    Connection gone(server.port());
    begin_large_body(gone);
  }
  wait_for([&] { return server.counts().body_bytes == 0; });
}

// Whoever stands between could take one of the two lengths, and the rest for a request of its own.
TEST_F(HttpServerTest, WhatTwoReadersCouldReadDifferentlyIsRefused) {
  const auto status_of = [&](const char* lines) {
    Connection connection(port());
    connection.send(std::string("POST / HTTP/1.1\r\nHost: x\r\n") + lines +
                    "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string all = connection.read_all();
    EXPECT_THAT(all, Not(HasSubstr("smuggled")));
    return all.substr(0, 12);
  };
  EXPECT_EQ(status_of("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("Content-Length: 5\r\nContent-Length: 6\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("Content-Length: +5\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("Transfer-Encoding : chunked\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status_of("Host: y\r\nContent-Length: 5\r\n"), "HTTP/1.1 400");
}

TEST_F(HttpServerTest, WhatIsNoHttpIsRefused) {
  Connection connection(port());
  connection.send("\x16\x03\x01 hello\r\n\r\n");
  EXPECT_THAT(connection.read_all(), StartsWith("HTTP/1.1 400"));
}

TEST(HttpServer, GivesUpAHeadOrBodyThatTricklesIn) {
  HttpOptions impatient = quick_options();
  impatient.head_time = impatient.body_time = std::chrono::seconds(1);
  HttpServer server(impatient, echo);
  Connection head(server.port()), body(server.port());
  head.send("GET / HTTP/1.1\r\nHost:");
  body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhi");
  EXPECT_EQ(head.read_all(), "");
  EXPECT_EQ(body.read_all(), "");
  for (int i = 0; i < 2000 && server.counts().connections > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(server.counts().connections, 0);
}

TEST_F(HttpServerTest, MoreConnectionsThanAllowedAreClosedAndOthersGoOn) {
  std::vector<std::unique_ptr<Connection>> all;
  for (int i = 0; i < 12; ++i) all.push_back(std::make_unique<Connection>(port()));
  for (std::size_t i = 8; i < 12; ++i) EXPECT_EQ(all[i]->read_all(), "");
  for (std::size_t i = 0; i < 8; ++i) {
    all[i]->send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(all[i]->read_all(), StartsWith("HTTP/1.1 200"));
  }
  for (int i = 0; i < 2000 && server.counts().connections > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(ask(port(), "GET", "/a").status, 200);
}

class StreamTest : public testing::Test {
 protected:
  std::shared_ptr<HttpStream> opened() {
    for (int i = 0; i < 2000 && !is_open; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return stream;
  }
  std::shared_ptr<HttpStream> stream;
  std::atomic<bool> is_open{false}, has_ended{false};
  HttpServer server{quick_options(), [this](const HttpRequest&, const HttpReply& reply) {
                      stream = reply.stream({.headers = {{"Content-Type", "text/event-stream"}}});
                      stream->on_end([this] { has_ended = true; });
                      is_open = true;
                    }};
};

TEST_F(StreamTest, ArrivesAsItIsSentAndEndsWell) {
  Connection connection(server.port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  opened()->send("one", false);
  EXPECT_THAT(connection.read_until("one"), HasSubstr("Transfer-Encoding: chunked"));
  stream->send("two", false);
  stream->close();
  EXPECT_THAT(connection.read_all(), HasSubstr("3\r\ntwo\r\n0\r\n\r\n"));
}

TEST_F(StreamTest, AClientThatGoesAwayIsNoticed) {
  {
    Connection connection(server.port());
    connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    opened();
  }
  for (int i = 0; i < 2000 && !has_ended; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(has_ended);
}

TEST_F(StreamTest, AClientThatDoesNotReadLosesWhatMayBeLostAlone) {
  Connection connection(server.port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  opened();
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 100; ++i) stream->send(large, true);
  stream->send("the end", false);
  stream->close();
  const std::string all = connection.read_all();
  EXPECT_THAT(all.substr(all.size() - 30), HasSubstr("the end"));
  EXPECT_LT(all.size(), 50u << 20);
}

TEST(HttpServer, AStreamThatHasNothingToSayIsKeptOpen) {
  HttpOptions options = quick_options();
  options.pulse = std::chrono::milliseconds(5);
  std::shared_ptr<HttpStream> stream;
  HttpServer server(options, [&](const HttpRequest&, const HttpReply& reply) { stream = reply.stream({}); });
  Connection connection(server.port());
  connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(connection.read_until(":\n\n"), HasSubstr("\r\n:\n\n"));
}

TEST(HttpServer, StopsWithOpenConnectionsAndStreams) {
  std::atomic<int> ended{0};
  auto server = std::make_unique<HttpServer>(quick_options(), [&](const HttpRequest& request, const HttpReply& reply) {
    if (request.path == "/never") return;  // answered with 500 when the handler has gone
    const auto stream = reply.stream({});
    stream->on_end([&, stream] { ++ended; });
  });
  Connection idle(server->port()), open(server->port()), never(server->port());
  open.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  never.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(never.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 500"));
  open.read_until("\r\n\r\n");
  server.reset();
  EXPECT_EQ(ended, 1);
}

}  // namespace
}  // namespace pxf::test
