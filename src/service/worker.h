// Takes jobs from the queue and draws them, one at a time, on a thread of its own.
// What it does is told to the hub; what has been drawn is kept picture by picture: a job that is taken up again, after
// its worker has died, goes on behind the last.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "json/request.h"
#include "pixelforge/engine.h"
#include "service/counters.h"
#include "service/events.h"
#include "service/pictures.h"
#include "service/policy.h"
#include "service/queue.h"

namespace pxf {

struct WorkerOptions {
  std::int64_t lease = 20'000;     // milliseconds that a job is this worker's without a sign of life
  std::int64_t patience = 30'000;  // see Queue::claim
  int attempts = 3;                // of a job, before it is given up
  const Policy* policy = nullptr;  // what pictures may be kept; outlives the worker
};

/// The job that is being drawn, as far as it is.
struct LiveJob {
  std::string id;
  Progress progress = {};    // without its preview
  std::string preview = {};  // "data:image/jpeg;base64,..."; empty: none yet
};

class Worker {
 public:
  /// All that is given outlives it.
  Worker(Engine& engine, Queue& queue, Pictures& pictures, EventHub& hub, const WorkerOptions& options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// There is something to do.
  void wake();
  /// Stops this job, if it is the one that is being drawn.
  void cancel(const std::string& job);
  std::optional<LiveJob> live();
  const WorkCounters& counters() const { return counters_; }
  /// Puts the job that is being drawn back into the queue, and ends. The destructor does so too.
  void stop();

 private:
  void work();
  void watch();
  void draw(const Job& job);
  void draw_plan(const Job& job);
  void draw_pictures(const Job& job, const JobRequest& asked, const Checkpoint& checkpoint, const Plan& plan);
  Go report(const Progress& progress);
  void enter(Stage stage);
  void end(const Job& job, const std::optional<Error>& error);
  void tell_positions(std::unordered_map<std::string, std::size_t>& told);
  void tell_status();

  Engine& engine_;
  Queue& queue_;
  Pictures& pictures_;
  EventHub& hub_;
  WorkerOptions options_;
  std::string name_;
  std::string status_told_;
  std::int64_t status_told_at_ = 0;
  std::string held_;  // the checkpoint that the last job was drawn with

  std::mutex mutex_;
  std::condition_variable wake_;
  bool awake_ = false;
  std::optional<Job> job_;  // being drawn
  LiveJob live_;
  std::int64_t last_step_told_ = 0;
  WorkCounters counters_;
  Stage stage_ = Stage::open;     // of the picture that is being drawn
  std::int64_t stage_began_ = 0;  // milliseconds since 1970
  CancelToken cancel_;
  std::atomic<bool> stopping_{false};
  std::thread thread_, watch_;
};

/// Of this engine: [{"name", "bytes", "idle_seconds", "in_use"}].
Json loaded_json(const Engine& engine);

/// The pictures that a request begins with, read and decoded. Throws Failure: not_found; those of decode_image.
void load_inputs(JobRequest& job, Pictures& pictures);

/// Of a request from before checkpoints were chosen when it was submitted, or that names none.
std::string chosen_checkpoint(const JobRequest& job);

}  // namespace pxf
