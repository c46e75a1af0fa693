#include "server/http_server.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"

namespace pxf {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kLargestHead = 32 << 10;
constexpr std::size_t kMostUnread = 32;  // texts of a stream that wait for a slow reader before some are dropped
constexpr std::size_t kMostUnreadAtAll = 4096;
constexpr std::size_t kSmallBody = 16 << 10;      // that bodies of others never keep from being read
constexpr std::chrono::seconds kTimeToListen{2};  // to a client that was refused and is still sending
constexpr const char* kComeBackAfter = "2";       // seconds, when bodies of others take all there is

class Session;

}  // namespace

struct HttpServer::State {
  State(const HttpOptions& o, HttpHandler h)
      : options(o),
        handler(std::move(h)),
        acceptor(io),
        retry(io),
        pulse(io),
        handlers(static_cast<std::size_t>(o.handler_threads)) {}

  HttpOptions options;
  HttpHandler handler;
  asio::io_context io{1};
  tcp::acceptor acceptor;
  asio::steady_timer retry;  // of accepting, when there are no descriptors left
  asio::steady_timer pulse;  // of streams
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  asio::thread_pool handlers;
  std::thread thread;
  std::map<std::int64_t, std::weak_ptr<Session>> sessions;  // touched by `thread` alone
  std::int64_t next_session = 0;                            // likewise
  std::atomic<std::int64_t> connections{0}, requests{0}, streams{0}, body_bytes{0};
  bool stopping = false;  // likewise
};

namespace {

using ServerState = std::shared_ptr<HttpServer::State>;

/// What one body takes of the room that there is for all, until it is gone. Taken as the bytes come: a client that only
/// announces many takes nothing from others.
class RoomOfBody {
 public:
  explicit RoomOfBody(ServerState server) : server_(std::move(server)) {}
  ~RoomOfBody() { server_->body_bytes -= taken_; }
  RoomOfBody(const RoomOfBody&) = delete;
  RoomOfBody& operator=(const RoomOfBody&) = delete;

  /// Whether there is room for so many bytes in all.
  bool grow_to(std::size_t bytes) {
    if (bytes <= kSmallBody) return true;
    const auto more = static_cast<std::int64_t>(bytes) - taken_;
    taken_ += more;
    return (server_->body_bytes += more) <= static_cast<std::int64_t>(server_->options.all_bodies);
  }

 private:
  ServerState server_;
  std::int64_t taken_ = 0;
};

class Session;

// All of a session runs on the one thread of io, but for what says that it may be called from others.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(ServerState server, tcp::socket socket) : server_(std::move(server)), stream_(std::move(socket)) {
    error_code ignored;
    const auto end = stream_.socket().remote_endpoint(ignored);
    if (!ignored) remote_ = end.address().to_string();
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    ++server_->connections;
  }
  // On any thread.
  ~Session() {
    --server_->connections;
    asio::post(server_->io, [server = server_, number = number_] { server->sessions.erase(number); });
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void begin() {
    number_ = ++server_->next_session;
    server_->sessions[number_] = weak_from_this();
    read_head();
  }
  /// Ends what has no end of its own; a request under way is answered first.
  void wind_up() {
    if (is_waiting_) close();
    if (is_streaming_) finish_stream();
  }
  void end_at_once() {
    end_stream();
    close();
  }
  /// Proxies and browsers give up a line on which nothing comes; and one whose reader is gone is found out so.
  void keep_open() {
    if (is_streaming_ && unsent_.empty()) send(":\n\n", true);
  }

  // From any thread.
  void respond(HttpResponse response) {
    asio::post(stream_.get_executor(), [self = shared_from_this(), response = std::move(response)]() mutable {
      self->write(std::move(response));
    });
  }
  void begin_stream(HttpResponse head, std::function<void()> closed);
  void send(std::string text, bool may_drop);
  void finish_stream();

 private:
  void read_head() {
    if (server_->stopping) return close();
    parser_.emplace();
    parser_->header_limit(kLargestHead);
    parser_->body_limit(server_->options.largest_body);
    is_waiting_ = buffer_.size() == 0;
    stream_.expires_after(is_waiting_ && served_ > 0 ? server_->options.idle_time : server_->options.head_time);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) { self->head_read(error); });
  }
  void head_read(error_code error) {
    is_waiting_ = false;
    if (error) return refuse(error);
    const auto& head = parser_->get();
    const bool both = head.count(http::field::content_length) > 0 && head.count(http::field::transfer_encoding) > 0;
    if (both || head.count(http::field::content_length) > 1 || head.count(http::field::host) > 1)
      return answer_and_close(400);
    stream_.expires_after(server_->options.body_time);
    if (beast::iequals(head[http::field::expect], "100-continue")) return send_continue();
    read_body();
  }
  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (!error) self->read_body();
                      });
  }
  void read_body() {
    if (parser_->is_done()) return handle();
    http::async_read_some(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->refuse(error);
      if (!self->room_) self->room_ = std::make_shared<RoomOfBody>(self->server_);
      if (!self->room_->grow_to(self->parser_->get().body().size()))
        return self->answer_and_close(503, {{"Retry-After", kComeBackAfter}});
      self->read_body();
    });
  }
  void handle();

  // What cannot be read gets one answer, and the connection ends; what does not come in time gets none.
  void refuse(error_code error) {
    if (error == http::error::body_limit) return answer_and_close(413);
    if (error == http::error::header_limit) return answer_and_close(431);
    if (error.category() == make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return answer_and_close(400);
    }
    close();
  }
  void answer_and_close(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
    keep_alive_ = false;
    is_head_ = false;
    is_refused_ = true;
    answered_ = false;  // that was the request before
    parser_.reset();
    room_.reset();
    HttpResponse response;
    response.status = status;
    response.headers = {{"Content-Type", "application/problem+json"}, {"X-Content-Type-Options", "nosniff"}};
    std::ranges::move(headers, std::back_inserter(response.headers));
    response.body = fmt::format(R"({{"type":"about:blank","title":"{}","status":{}}})", reason_of(status), status);
    stream_.expires_after(server_->options.head_time);
    write(std::move(response));
  }

  std::string head_text(const HttpResponse& response, bool is_stream) const {
    std::string head = fmt::format("HTTP/1.{} {} {}\r\n", is_old_ ? 0 : 1, response.status, reason_of(response.status));
    for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
    if (is_stream && !is_old_) head += "Transfer-Encoding: chunked\r\n";
    const bool has_body = response.status != 204 && response.status != 304;
    if (!is_stream && has_body) head += fmt::format("Content-Length: {}\r\n", response.body.bytes.size());
    head += keep_alive_ ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return head;
  }

  void write(HttpResponse response) {
    if (answered_) return;
    answered_ = true;
    if (server_->stopping) keep_alive_ = false;
    head_ = head_text(response, false);
    body_ = std::move(response.body);
    if (is_head_ || response.status == 204 || response.status == 304) body_ = {};
    stream_.expires_after(server_->options.write_time);
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(head_),
                                                    asio::buffer(body_.bytes.data(), body_.bytes.size())};
    asio::async_write(stream_, buffers, [self = shared_from_this()](error_code error, std::size_t) {
      self->body_ = {};
      if (!error && self->is_refused_) return self->hear_out();
      if (error || !self->keep_alive_) return self->close();
      self->read_head();
    });
  }

  // A connection that is closed with bytes unread is reset, and the client may lose its answer by that.
  void hear_out() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kTimeToListen);
    pass_over();
  }
  void pass_over() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kSmallBody), [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->close();
      self->pass_over();
    });
  }

  void write_next();
  void watch_for_end();
  void end_stream();

  void close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
  }

  ServerState server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::shared_ptr<RoomOfBody> room_;
  std::int64_t number_ = 0;
  std::string remote_, head_;
  HttpBody body_;
  int served_ = 0;
  bool is_waiting_ = false, keep_alive_ = true, is_head_ = false, is_old_ = false, answered_ = false,
       is_refused_ = false;

  // Of a stream.
  std::deque<std::string> unsent_;
  bool is_writing_ = false, is_finishing_ = false, is_streaming_ = false;
  std::function<void()> stream_ended_;
};

class StreamOfSession : public HttpStream, public std::enable_shared_from_this<StreamOfSession> {
 public:
  explicit StreamOfSession(std::weak_ptr<Session> session) : session_(std::move(session)) {}
  ~StreamOfSession() override { StreamOfSession::close(); }

  void send(std::string text, bool may_drop) override {
    if (const auto session = session_.lock()) session->send(std::move(text), may_drop);
  }
  void close() override {
    if (const auto session = session_.lock()) session->finish_stream();
  }
  void on_end(std::function<void()> ended) override {
    {
      std::lock_guard lock(mutex_);
      if (!has_ended_) {
        ended_ = std::move(ended);
        return;
      }
    }
    ended();
  }
  void end() {
    std::function<void()> ended;
    {
      std::lock_guard lock(mutex_);
      has_ended_ = true;
      ended = std::exchange(ended_, nullptr);
    }
    if (ended) ended();
  }

 private:
  std::weak_ptr<Session> session_;
  std::mutex mutex_;
  std::function<void()> ended_;
  bool has_ended_ = false;
};

class ExchangeOfSession : public HttpReply::Exchange {
 public:
  explicit ExchangeOfSession(std::shared_ptr<Session> session) : session_(std::move(session)) {}
  // A handler that forgot to answer must not leave its client waiting.
  ~ExchangeOfSession() override {
    if (!answered_.exchange(true)) session_->respond({.status = 500});
  }
  void respond(HttpResponse response) override {
    if (!answered_.exchange(true)) session_->respond(std::move(response));
  }
  std::shared_ptr<HttpStream> begin_stream(HttpResponse head) override {
    answered_ = true;
    auto stream = std::make_shared<StreamOfSession>(session_);
    session_->begin_stream(std::move(head), [stream = std::weak_ptr(stream)] {
      if (const auto open = stream.lock()) open->end();
    });
    return stream;
  }

 private:
  std::shared_ptr<Session> session_;
  std::atomic<bool> answered_{false};
};

void read_query(std::string_view text, std::map<std::string, std::string>& into) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const std::string_view one = text.substr(0, end);
    const auto equals = std::min(one.find('='), one.size());
    if (!one.empty()) {
      into[percent_decoded(one.substr(0, equals), true)] =
          percent_decoded(one.substr(std::min(equals + 1, one.size())), true);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void Session::handle() {
  ++server_->requests;
  ++served_;
  stream_.expires_never();
  auto message = parser_->release();
  HttpRequest request;
  request.method = std::string(message.method_string());
  std::string_view target(message.target().data(), message.target().size());
  if (const auto mark = target.find('?'); mark != std::string_view::npos) {
    read_query(target.substr(mark + 1), request.query);
    target = target.substr(0, mark);
  }
  request.path = percent_decoded(target, false);
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.room = std::move(room_);
  request.remote = remote_;
  keep_alive_ = message.keep_alive();
  is_head_ = message.method() == http::verb::head;
  is_old_ = message.version() < 11;
  answered_ = false;
  asio::post(server_->handlers, [self = shared_from_this(), request = std::move(request)]() mutable {
    const HttpHandler& handler = self->server_->handler;
    handler(std::move(request), HttpReply(std::make_shared<ExchangeOfSession>(self)));
  });
}

void Session::begin_stream(HttpResponse head, std::function<void()> closed) {
  asio::post(stream_.get_executor(),
             [self = shared_from_this(), head = std::move(head), closed = std::move(closed)]() mutable {
               if (self->answered_) return;
               if (self->server_->stopping) return asio::post(self->server_->handlers, std::move(closed));
               self->answered_ = true;
               self->keep_alive_ = false;
               self->is_streaming_ = true;
               self->stream_ended_ = std::move(closed);
               ++self->server_->streams;
               self->unsent_.push_front(self->head_text(head, true));
               self->watch_for_end();
               self->write_next();
             });
}

void Session::send(std::string text, bool may_drop) {
  asio::post(stream_.get_executor(), [self = shared_from_this(), text = std::move(text), may_drop]() mutable {
    if (self->is_finishing_ || text.empty()) return;
    if (self->answered_ && !self->is_streaming_) return;  // it has ended
    if (may_drop && self->unsent_.size() >= kMostUnread) return;
    if (self->unsent_.size() >= kMostUnreadAtAll) return self->end_stream();
    self->unsent_.push_back(self->is_old_ ? std::move(text) : fmt::format("{:x}\r\n{}\r\n", text.size(), text));
    self->write_next();
  });
}

void Session::finish_stream() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (!self->is_streaming_ || self->is_finishing_) return;
    self->is_finishing_ = true;
    if (!self->is_old_) self->unsent_.emplace_back("0\r\n\r\n");
    self->write_next();
  });
}

void Session::write_next() {
  if (is_writing_ || !is_streaming_) return;
  if (unsent_.empty()) {
    if (is_finishing_) end_stream();
    return;
  }
  is_writing_ = true;
  stream_.expires_after(server_->options.write_time);
  asio::async_write(stream_, asio::buffer(unsent_.front()), [self = shared_from_this()](error_code error, std::size_t) {
    self->is_writing_ = false;
    if (error) return self->end_stream();
    self->unsent_.pop_front();
    self->stream_.expires_never();
    self->write_next();
  });
}

// A client sends nothing more on such a connection: what can be read is its end.
void Session::watch_for_end() {
  stream_.socket().async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    if (error || !self->is_streaming_) return;
    std::array<char, 64> rest;
    error_code failed;
    self->stream_.socket().non_blocking(true, failed);
    self->stream_.socket().read_some(asio::buffer(rest), failed);
    if (failed && failed != asio::error::would_block) return self->end_stream();
    self->watch_for_end();
  });
}

void Session::end_stream() {
  if (!is_streaming_) return;
  is_streaming_ = false;
  --server_->streams;
  if (auto ended = std::exchange(stream_ended_, nullptr)) asio::post(server_->handlers, std::move(ended));
  close();
}

template <class Visit>
void for_each_session(HttpServer::State& server, const Visit& visit) {
  const auto sessions = server.sessions;  // visiting may end some
  for (const auto& [number, weak] : sessions) {
    if (const auto session = weak.lock()) visit(*session);
  }
}

void wait_for_pulse(const ServerState& server) {
  server->pulse.expires_after(server->options.pulse);
  server->pulse.async_wait([server](error_code error) {
    if (error || server->stopping) return;
    for_each_session(*server, [](Session& session) { session.keep_open(); });
    wait_for_pulse(server);
  });
}

void accept_next(const ServerState& server) {
  server->acceptor.async_accept([server](error_code error, tcp::socket socket) {
    if (server->stopping) return;
    if (error) {  // no descriptors left, most likely
      server->retry.expires_after(std::chrono::milliseconds(100));
      server->retry.async_wait([server](error_code) { accept_next(server); });
      return;
    }
    if (server->connections < server->options.most_connections) {
      std::make_shared<Session>(server, std::move(socket))->begin();
    }
    accept_next(server);
  });
}

}  // namespace

HttpServer::HttpServer(const HttpOptions& options, HttpHandler handler)
    : state_(std::make_shared<State>(options, std::move(handler))) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  require(!error, "--address: got \"{}\", need an address such as 127.0.0.1, ::1 or 0.0.0.0", options.address);
  const tcp::endpoint here(address, options.port);
  tcp::acceptor& acceptor = state_->acceptor;
  acceptor.open(here.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(here, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    fail(ErrorCode::io, "cannot listen on {} port {}: {}; choose another with --port", options.address, options.port,
         error.message());
  }
  state_->work.emplace(state_->io.get_executor());
  accept_next(state_);
  wait_for_pulse(state_);
  state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

HttpServer::~HttpServer() { stop(); }

std::uint16_t HttpServer::port() const { return state_->acceptor.local_endpoint().port(); }

HttpCounts HttpServer::counts() const {
  return {state_->connections, state_->requests, state_->streams, state_->body_bytes};
}

void HttpServer::stop(std::chrono::milliseconds patience) {
  if (!state_->thread.joinable()) return;
  asio::post(state_->io, [state = state_] {
    state->stopping = true;
    error_code ignored;
    state->acceptor.close(ignored);
    state->retry.cancel();
    state->pulse.cancel();
    for_each_session(*state, [](Session& session) { session.wind_up(); });
  });
  const auto until = std::chrono::steady_clock::now() + patience;
  while (state_->connections > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  asio::post(state_->io,
             [state = state_] { for_each_session(*state, [](Session& session) { session.end_at_once(); }); });
  state_->work.reset();
  state_->thread.join();
  state_->handlers.join();
  state_->io.restart();  // for what the last handlers have left there: it would keep sessions, and these the state
  state_->io.poll();
}

}  // namespace pxf
