// The generator for many: takes requests, queues them, draws them, keeps what comes out.
// Thread-safe. Throws Failure: what planning a request gives (invalid_argument with the field's name where it is one
// field's fault, unsupported, not_found), io, no_space; QueueFull.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "pixelforge/engine.h"
#include "pixelforge/library.h"
#include "service/database.h"
#include "service/events.h"
#include "service/pictures.h"
#include "service/queue.h"
#include "service/tasks.h"
#include "service/worker.h"

namespace pxf {

struct ServiceOptions {
  std::filesystem::path home = {};  // empty: that of the library
  std::int64_t most_queued = 10'000;
  std::size_t largest_input = 64u << 20;  // bytes of a picture that a request begins with
  WorkerOptions worker = {};
};

/// Who asks.
struct Caller {
  std::string owner = "local";
  std::int64_t priority = 0;
};

struct IdempotencyKey {
  std::string key = {}, body = {};
};

class Service {
 public:
  /// The engine outlives it. Error: io when another process serves from the same home.
  Service(Engine& engine, const ServiceOptions& options);
  ~Service();

  /// Checks the request as far as that goes without drawing, and queues it.
  Job submit(const Caller& caller, JobRequest request, const IdempotencyKey& key = {});
  /// What submit would have done.
  Plan plan(JobRequest request);
  /// None when there is no such job.
  std::optional<Job> cancel(const std::string& id);
  /// The job as clients are told of it.
  Json describe(const Job& job);
  std::optional<LiveJob> live() { return worker_->live(); }
  /// No more jobs are drawn; the one under way goes back into the queue.
  void stop() { worker_->stop(); }

  Engine& engine() { return engine_; }
  /// For the calling thread.
  Library library() { return Library(engine_, home_); }
  Queue& queue() { return queue_; }
  Pictures& pictures() { return pictures_; }
  EventHub& events() { return events_; }
  Tasks& tasks() { return tasks_; }
  const std::filesystem::path& home() const { return home_; }

 private:
  class Lock;
  void keep_input(std::string& input, const char* field);
  Plan settle(JobRequest& request);

  Engine& engine_;
  ServiceOptions options_;
  std::filesystem::path home_;
  std::unique_ptr<Lock> lock_;
  SharedDatabase database_;
  std::unique_ptr<PictureStore> store_;
  Queue queue_;
  Pictures pictures_;
  EventHub events_;
  Tasks tasks_{events_};
  std::unique_ptr<Worker> worker_;
};

}  // namespace pxf
