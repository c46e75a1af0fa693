// The queue of jobs, in the database: what has been accepted is there after a restart, in its place, and each job ends
// exactly once.
//
// Owners take turns. A job's turn is where the queue's clock, or its owner's if that is ahead, stood when it came; then
// the owner's clock moves on by the job's cost, and the queue's follows the jobs that are taken. So whoever asks for
// much waits behind those who ask for little. (Start-time fair queueing: Goyal, Vin and Cheng 1996.)
//
// Thread-safe. All throw Failure: those of Sql.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "service/allowances.h"
#include "service/database.h"
#include "service/job.h"

namespace pxf {

struct NewJob {
  std::string owner;
  std::string checkpoint;
  std::string request;      // JSON
  std::string choice = {};  // likewise; empty: the checkpoint was named
  int count = 1;
  std::int64_t priority = 0, cost = 1;
  std::string idempotency = {};  // the client's key; empty: none
  std::string digest = {};       // of what came with that key
  std::string webhook = {};      // address that is told of its end
  std::vector<Charge> charges = {};
  std::optional<int> most_at_once = {};  // of its owner's jobs that wait or run
};

struct JobFilter {
  std::string owner = {};  // empty: all
  std::string state = {};
  std::string before = {};  // an id; empty: from the newest on
  int limit = 50;
};

struct QueueCounts {
  std::int64_t queued = 0, running = 0;
};

class Queue {
 public:
  explicit Queue(SharedDatabase& database) : database_(database) {}

  /// With a key that is known, the job of then. Throws also QueueFull; LimitReached; Failure invalid_argument, when the
  /// key came with another body before.
  Job submit(const NewJob& job, std::int64_t most_queued);

  std::optional<Job> find(const std::string& id);
  Part<Job> list(const JobFilter& filter);
  QueueCounts counts();
  /// Ids of all jobs that wait, the next one first.
  std::vector<std::string> waiting();
  /// Jobs before this one; 0 for one that does not wait.
  std::int64_t position(const Job& job);
  /// Of each.
  std::vector<std::int64_t> positions(const std::vector<Job>& jobs);

  /// Takes the next job for a worker, until `lease` milliseconds from now unless renewed. Jobs of the checkpoint that
  /// the worker holds go before others of their priority, as long as the first of these has waited no longer than
  /// `patience` milliseconds.
  std::optional<Job> claim(const std::string& worker, const std::string& held, std::int64_t lease,
                           std::int64_t patience);
  /// False when the job is the worker's no more.
  bool renew(const Job& job, std::int64_t lease);
  void set_plan(const Job& job, const std::string& plan);
  /// Whether somebody wants the running job to stop.
  bool is_cancelling(const std::string& id);
  /// Ends a job that this worker runs, once. False when it is the worker's no more.
  bool finish(const Job& job, JobState state, const std::optional<Error>& error);
  /// Back into its place: the worker stops, not the job.
  void put_back(const Job& job);
  /// Jobs whose worker no longer answers for them: back into the queue, or failed after `most` attempts. Gives the
  /// latter. `all`: also those whose lease runs, for a process that knows it is alone.
  std::vector<Job> take_back_orphans(int most, bool all);

  /// What a worker says of itself (ps); forgotten when it says it no more.
  void set_status(const std::string& worker, const std::string& status);
  void forget_worker(const std::string& worker);

  /// Cancels a job that waits, and marks one that runs. Gives it as it is then; none when there is no such job.
  std::optional<Job> cancel(const std::string& id);

 private:
  SharedDatabase& database_;
};

/// The queue takes no more.
class QueueFull : public std::exception {
 public:
  const char* what() const noexcept override { return "the queue is full"; }
};

}  // namespace pxf
