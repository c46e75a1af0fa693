// The generator for many: takes requests, queues them, draws them, keeps what comes out.
// Thread-safe. Throws Failure: what planning a request gives (invalid_argument with the field's name where it is one
// field's fault, unsupported, not_found), io, no_space; QueueFull; LimitReached.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "pixelforge/engine.h"
#include "pixelforge/library.h"
#include "service/account_store.h"
#include "service/allowances.h"
#include "service/database.h"
#include "service/event_relay.h"
#include "service/events.h"
#include "service/pictures.h"
#include "service/policy.h"
#include "service/queue.h"
#include "service/retention.h"
#include "service/tasks.h"
#include "service/worker.h"

namespace pxf {

struct ServiceOptions {
  std::filesystem::path home = {};  // empty: that of the library
  std::string database = {};        // postgres://...; empty: SQLite in the home
  std::string store = {};           // of pictures: a folder or s3://BUCKET; empty: "outputs" in the home
  bool draws = true;                // else other processes do
  std::int64_t most_queued = 10'000;
  std::size_t largest_input = 64u << 20;  // bytes of a picture that a request begins with
  WorkerOptions worker = {};
  PolicyOptions policy = {};
  int keep_days = 0;  // of pictures that are no favourites; 0: for ever
};

/// What may be used in a day, and under whose name it is counted.
struct Allowance {
  std::string subject;  // "visitor:...", "address:...", "account:..."
  std::int64_t limit = 0;
  bool in_megapixel_steps = false;  // else in pictures
};

/// Who asks. The usual one is whoever sits at the machine: nothing is denied.
struct Caller {
  std::string owner = "local";  // of the jobs and pictures
  std::string name = "local";
  bool is_admin = true;     // may change models, and sees what others own
  bool is_visitor = false;  // nobody with an account
  std::int64_t priority = 0;
  Limits limits = {};  // but for the days': those are allowances
  std::vector<Allowance> allowances = {};
  bool commercial_only = false;  // models whose licence allows commercial use, alone

  bool may_see(const std::string& whose) const { return is_admin || owner == whose; }
};

Caller caller_of(const Account& account);

struct IdempotencyKey {
  std::string key = {}, body = {};
};

class Service {
 public:
  /// The engine outlives it. Error: io when another process serves from the same home (with SQLite).
  Service(Engine& engine, const ServiceOptions& options);
  ~Service();

  /// Checks the request as far as that goes without drawing, and queues it. `webhook`: see webhooks.h.
  Job submit(const Caller& caller, JobRequest request, const IdempotencyKey& key = {}, const std::string& webhook = {});
  /// What submit would have done.
  Plan plan(const Caller& caller, JobRequest request);
  /// Among the checkpoints that the caller may use, by what the caller has kept and dropped before.
  Choice choose(const Caller& caller, ChooseRequest request);
  /// The caller keeps this picture, or drops it: choosing heeds that.
  void learn(const Caller& caller, const StoredPicture& picture, bool kept);
  void forget_habits(const Caller& caller);
  /// Of the tightest of the caller's allowances in pictures; none where nothing is counted.
  std::optional<AllowanceState> allowance(const Caller& caller);
  /// None when there is no such job.
  std::optional<Job> cancel(const std::string& id);
  /// The job as clients are told of it.
  Json describe(const Job& job);
  Json describe(const std::vector<Job>& jobs);
  /// The jobs that are being drawn: this process's first, then those of which others have told.
  std::vector<LiveJob> live();
  /// Of these, the first that somebody owns.
  std::optional<LiveJob> live_of(const std::string& owner);
  std::optional<LiveJob> live_job(const std::string& id);
  /// Of what is drawn here; zeros where nothing is.
  const WorkCounters& counters() const;
  /// No more jobs are drawn here; the one under way goes back into the queue.
  void stop();

  Engine& engine() { return engine_; }
  /// For the calling thread.
  Library library() { return Library(engine_, home_); }
  Queue& queue() { return queue_; }
  Pictures& pictures() { return pictures_; }
  EventHub& events() { return events_; }
  SharedDatabase& database() { return database_; }
  Tasks& tasks() { return tasks_; }
  AccountStore& accounts() { return accounts_; }
  const std::filesystem::path& home() const { return home_; }

 private:
  class Lock;
  void keep_input(const Caller& caller, std::string& input, const char* field);
  std::optional<Choice> choose_for(const Caller& caller, JobRequest& request);
  Plan settle(const Caller& caller, JobRequest& request);
  void check_memory(const Plan& plan) const;

  Engine& engine_;
  const std::uint64_t memory_;  // bytes that were free before anything was drawn
  ServiceOptions options_;
  std::filesystem::path home_;
  std::unique_ptr<Lock> lock_;
  SharedDatabase database_;
  std::unique_ptr<PictureStore> store_;
  AccountStore accounts_;
  Queue queue_;
  Pictures pictures_;
  EventHub events_;
  Tasks tasks_{events_};
  Policy policy_;
  std::unique_ptr<Retention> retention_;
  std::unique_ptr<Worker> worker_;     // where this process draws
  std::unique_ptr<EventRelay> relay_;  // with PostgreSQL
};

}  // namespace pxf
