// Long work on the library that somebody asked for and others watch: pulls and imports. Kept as long as the process
// lives, each on a thread of its own, few at once.
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "json/json.h"
#include "pixelforge/cancel.h"
#include "pixelforge/error.h"
#include "service/events.h"

namespace pxf {

struct TaskState {
  std::string id, kind;               // "pull", "import"
  std::string state = "running";      // "done", "failed", "cancelled"
  std::string what;                   // what it is doing now, in words
  std::uint64_t done = 0, total = 0;  // bytes; 0: not known
  Json model;                         // when it is done
  std::optional<Error> error;
  std::int64_t created = 0;
};

Json to_json(const TaskState& task);

class Tasks {
 public:
  /// Tells the task's state of now; `update` changes it.
  using Update = std::function<void(const std::function<void(TaskState&)>& change)>;
  /// Gives the model that came of it.
  using Work = std::function<Result<Json>(const Update& update, const CancelToken& cancel)>;

  explicit Tasks(EventHub& hub) : hub_(hub) {}
  /// Cancels what runs, and waits for it.
  ~Tasks();

  /// Throws Failure unsupported when too many run.
  TaskState start(const std::string& kind, Work work);
  std::optional<TaskState> find(const std::string& id);
  std::vector<TaskState> list();
  /// None when there is no such task.
  std::optional<TaskState> cancel(const std::string& id);

  /// Under which its events are told: "task" with its state; at its end "done", "failed" or "cancelled".
  static std::string topic(const std::string& id) { return "task/" + id; }

 private:
  struct Task {
    TaskState state;
    CancelToken cancel;
    std::thread thread;
  };
  void run(Task& task, const Work& work);
  void change(Task& task, const std::function<void(TaskState&)>& change);

  EventHub& hub_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Task>> tasks_;
};

}  // namespace pxf
