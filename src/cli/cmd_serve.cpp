#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/library.h"
#include "pixelforge/server.h"

namespace pxf::cli {
namespace {

struct ServeArguments {
  EngineOptions engine;
  ServerOptions server;
  bool json = false;
};

std::optional<std::uint16_t> parse_port(const std::string& text) { return parse_number<std::uint16_t>(text); }

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

void announce(const ServeArguments& arguments, const Server& server, const std::string& home) {
  if (arguments.json) {
    fmt::print("{}\n", dump({{"url", server.url()}, {"home", home}}));
  } else {
    fmt::print("PixelForge is at {}\npictures and jobs are kept in {}\n", server.url(), printable(home));
    if (!is_loopback(arguments.server.address) && !arguments.server.is_public) {
      fmt::print("whoever reaches this address may use all of it, without limits; --public sets some\n");
    }
    fmt::print("Ctrl-C ends it\n");
  }
  std::fflush(stdout);
}

Status serve(const ServeArguments& arguments) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine(arguments.engine);
  auto server = Server::start(engine, arguments.server);
  if (!server) return std::move(server).error();
  announce(arguments, server.value(), Library(engine).home().string());
  while (!cancel.requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server.value().stop();
  return Done{};
}

}  // namespace

Verb add_serve(CLI::App& program) {
  const auto arguments = std::make_shared<ServeArguments>();
  arguments->engine.names_only = true;  // clients name models, and never files of this machine
  ServerOptions& server = arguments->server;
  CLI::App* app = program.add_subcommand("serve", "Serve the web page and the HTTP API");
  app->add_option("--address", server.address, "Address to listen on (default: 127.0.0.1, this machine alone)")
      ->type_name("ADDRESS");
  add_value(*app, "--port", server.port, parse_port, "a port from 1 to 65535, or 0 for any that is free",
            "Port to listen on (default: 7860)")
      ->type_name("N");
  app->add_option("--host-name", server.host_names,
                  "Names by which browsers reach it, between commas, besides addresses and localhost; \"*\": any")
      ->type_name("NAME[,NAME...]");
  app->add_flag(
      "--public", server.is_public,
      "For people elsewhere: accounts (see user and key), free pictures for visitors, each sees only its own");
  add_value(*app, "--free", server.free_pictures, parse_number<int>, "a whole number",
            "With --public: pictures a day for a visitor without an account (default: 25)")
      ->type_name("N");
  app->add_flag("--any-licence", server.any_licence,
                "With --public: visitors may use models whose licence does not plainly allow commercial use");
  app->add_flag("--behind-proxy", server.behind_proxy,
                "A proxy in front writes the visitor's address into X-Forwarded-For");
  add_database(*app, server.database);
  app->add_option(
         "--store", server.store,
         "Folder of the pictures, or s3://BUCKET/PREFIX (keys and endpoint in AWS_... variables), the same for "
         "all that share a database (default: in the library)")
      ->type_name("DIR|S3");
  app->add_flag_callback(
      "--no-draw", [&server] { server.draws = false; }, "Only answer; \"pixelforge worker\" elsewhere draws");
  add_policy(*app, server.policy);
  add_value(*app, "--keep-days", server.keep_days, parse_number<int>, "a whole number",
            "Pictures that are no favourites go after so many days (default: never)")
      ->type_name("N");
  app->add_flag("--allow-private-webhooks", server.private_webhooks,
                "Webhooks may lead to this machine and its network, and need no TLS");
  add_threads(*app, arguments->engine.threads);
  add_precision(*app, arguments->engine.precision);
  add_memory(*app, arguments->engine.memory_limit);
  app->add_flag("--json", arguments->json, "Print its address as JSON");
  app->footer(
      "docs/api.md describes the API. Jobs that wait, and those that were broken off, are gone on with at the next "
      "start.\n\n"
      "Examples:\n"
      "  pixelforge serve\n"
      "  pixelforge serve --port 8080\n"
      "  pixelforge serve --address 0.0.0.0 --host-name studio.local\n"
      "  pixelforge serve --database postgres://pixelforge@db/pixelforge --store /mnt/pictures --no-draw\n"
      "  pixelforge serve --public --behind-proxy --host-name pictures.example");
  return {app, [arguments] { return serve(*arguments); }};
}

}  // namespace pxf::cli
