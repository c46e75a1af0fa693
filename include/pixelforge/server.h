// The HTTP API and the web page (docs/api.md): what `pixelforge serve` runs.
//
//   pxf::Engine engine;
//   auto server = pxf::Server::start(engine, {.port = 7860});
//   if (!server) return report(server.error());
//   ... server.value().url() ...
//
// It draws one job after another on the engine; jobs and pictures are kept in the library's folder, and outlive it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "pixelforge/engine.h"
#include "pixelforge/error.h"

namespace pxf {

struct ServerOptions {
  std::string address = "127.0.0.1";  // or "0.0.0.0", "::": whoever reaches this machine may use all of it
  std::uint16_t port = 7860;          // 0: any that is free
  std::filesystem::path home = {};    // empty: as of Library
  int most_queued = 10'000;           // jobs; more are refused
  // Names by which browsers reach it, besides addresses and localhost. Requests to other names are refused: a page from
  // elsewhere could otherwise make a browser talk to this machine. "*": any.
  std::string host_names = {};  // between commas
};

class Server {
 public:
  /// Answers when it returns. The engine outlives it. Errors: io (the port is taken; another process serves from the
  /// same home), invalid_argument (no address), no_space, bad_file (a damaged database).
  static Result<Server> start(Engine& engine, const ServerOptions& options = {});
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  /// Like stop.
  ~Server();

  std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:7860"
  std::string url() const;
  /// Takes no more requests, answers those under way, puts the job under way back into the queue.
  void stop();

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pxf
