#include "pixelforge/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "server/compress.h"
#include "server/guard.h"
#include "server/http_server.h"
#include "server/identity.h"
#include "server/routes.h"
#include "service/webhooks.h"

namespace pxf {
namespace {

/// Of what is no page: nothing in it is run, whatever a browser takes it for. The style is of its view of a picture.
constexpr const char* kNoPage = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

}  // namespace

struct Server::State {
  State(Engine& engine, const ServerOptions& options)
      : address(options.address),
        service(engine, {.home = options.home,
                         .database = options.database,
                         .store = options.store,
                         .draws = options.draws,
                         .most_queued = options.most_queued,
                         .policy = {options.policy.words, options.policy.command},
                         .keep_days = options.keep_days}),
        guard(options.host_names),
        identity(service, options),
        waits(service),
        webhooks(service, {.allow_private = options.private_webhooks}),
        site{service, [this] { return http ? http->counts() : HttpCounts{}; }, times, waits, webhooks} {
    identity.add_routes(router);
    add_job_routes(router, site);
    add_choose_routes(router, site);
    add_account_routes(router, site);
    add_vote_routes(router, site);
    add_image_routes(router, site);
    add_model_routes(router, site);
    add_site_routes(router, site);
    add_openai_routes(router, site);
    add_a1111_routes(router, site);
    add_sdcpp_routes(router, site);
    add_page_routes(router);
    HttpOptions http_options;
    http_options.address = options.address;
    http_options.port = options.port;
    http = std::make_unique<HttpServer>(
        http_options, [this](HttpRequest request, HttpReply reply) { answer(std::move(request), std::move(reply)); });
  }

  void answer(HttpRequest request, HttpReply reply) {
    reply.add_header("X-Content-Type-Options", "nosniff");
    reply.add_header("Referrer-Policy", "no-referrer");
    reply.add_usual_header("Content-Security-Policy", kNoPage);
    const auto began = std::chrono::steady_clock::now();
    reply.before_send([this, began, path = request.path, takes = takes_gzip(request)](HttpResponse& response) {
      compress(response, takes);
      times.observe(path, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    });
    if (const auto refusal = guard.refusal(request)) return reply.send(problem_json(*refusal));
    try {
      identity.recognise(request, reply);
    } catch (...) {
      return reply.send(problem_json(current_problem()));
    }
    router(std::move(request), reply);
  }

  std::string address;
  Service service;
  Guard guard;
  Identity identity;
  JobWaits waits;
  RequestTimes times;
  Webhooks webhooks;
  Site site;
  Router router;
  std::unique_ptr<HttpServer> http;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() {
  if (state_) stop();
}

Result<Server> Server::start(Engine& engine, const ServerOptions& options) {
  return catch_errors([&] {
    require(!options.is_public || engine.options().names_only,
            "[server] engine: got one that opens any file, need EngineOptions::names_only for a public server");
    return Server(std::make_unique<State>(engine, options));
  });
}

std::uint16_t Server::port() const noexcept { return state_->http->port(); }

std::string Server::url() const {
  std::string host = state_->address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return host.find(':') == std::string::npos ? fmt::format("http://{}:{}", host, port())
                                             : fmt::format("http://[{}]:{}", host, port());
}

void Server::stop() {
  state_->service.stop();
  state_->webhooks.stop();
  state_->waits.give_up();
  state_->http->stop();
}

}  // namespace pxf
