// The HTTP API and the web page (docs/api.md): what `pixelforge serve` runs.
//
//   pxf::Engine engine({.names_only = true});
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
#include <vector>

#include "pixelforge/engine.h"
#include "pixelforge/error.h"

namespace pxf {

/// What may be drawn, as whoever runs the server says; both off where nothing is said (docs/operations.md).
struct PolicyRules {
  std::filesystem::path words = {};  // a file of words, a line each
  std::string command = {};          // is asked about prompts and pictures
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // or "0.0.0.0", "::": whoever reaches this machine may use all of it
  std::uint16_t port = 7860;          // 0: any that is free
  std::filesystem::path home = {};    // empty: as of Library
  /// "postgres://user@host/name": jobs, accounts and pictures' particulars are there, for any number of servers and
  /// QueueWorkers on any number of machines. Empty: SQLite in the home.
  std::string database = {};
  /// Of the pictures, the same for all that share a database: a folder, or s3://BUCKET/PREFIX with its keys, region and
  /// endpoint in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL. Empty: in the home.
  std::string store = {};
  bool draws = true;         // else it only answers, and QueueWorkers draw
  int most_queued = 10'000;  // jobs; more are refused
  // Names by which browsers reach it, besides addresses and localhost. Requests to other names are refused: a page from
  // elsewhere could otherwise make a browser talk to this machine. "*": any.
  std::string host_names = {};  // between commas
  /// For people who do not sit at this machine: accounts (accounts.h), and for visitors without one a number of free
  /// pictures a day. Only administrators change models; each sees only its own pictures.
  bool is_public = false;
  int free_pictures = 25;    // of a visitor, a day; the network that they come from has four times as many
  int visitor_side = 1024;   // pixels, at most
  int visitor_jobs = 2;      // that wait or run
  bool any_licence = false;  // visitors may use models whose licence does not plainly allow commercial use
  /// The last address in X-Forwarded-For is the visitor's: a proxy of ours stands in front, which writes it there.
  bool behind_proxy = false;
  PolicyRules policy = {};
  int keep_days = 0;              // pictures that are no favourites go then; 0: never
  bool private_webhooks = false;  // may lead to this machine and its network, and need no TLS
};

struct QueueWorkerOptions {
  std::string database = {};        // as of ServerOptions
  std::filesystem::path home = {};  // empty: as of Library
  std::string store = {};           // as of ServerOptions
  PolicyRules policy = {};          // as of ServerOptions; the worker's own sees the pictures
  int lease = 20;                   // seconds without a sign of life after which its job is given to another
};

/// Draws jobs of a queue in PostgreSQL, one after another, for servers elsewhere. The clocks of all machines must agree
/// to within seconds, and each must have the models that are asked for.
class QueueWorker {
 public:
  /// Draws when it returns. The engine outlives it. Errors: invalid_argument (no address of a database), io.
  static Result<QueueWorker> start(Engine& engine, const QueueWorkerOptions& options);
  QueueWorker(QueueWorker&&) noexcept;
  QueueWorker& operator=(QueueWorker&&) noexcept;
  /// Like stop.
  ~QueueWorker();
  /// Puts the job under way back into the queue.
  void stop();

 private:
  struct State;
  explicit QueueWorker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A process that draws for a server of this home.
struct RunningWorker {
  std::string machine;  // its name
  std::int64_t pid = 0;
  std::vector<LoadedModel> models;  // that it holds; idle_seconds says nothing here
  std::string job;                  // that it draws; empty: none
  int step = 0, steps = 0;          // of it
};

/// Those that have given a sign of life in the last seconds. Errors: io, bad_file.
Result<std::vector<RunningWorker>> running_workers(const std::filesystem::path& home = {},
                                                   const std::string& database = {});

class Server {
 public:
  /// Answers when it returns. The engine outlives it, and should take names alone (EngineOptions::names_only), as that
  /// of a public server must: clients could have any file opened otherwise. Errors: io (the port is taken; another
  /// process serves from the same home), invalid_argument (no address, of the server or of its database;
  /// such an engine), no_space, bad_file (a damaged
  /// database).
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
