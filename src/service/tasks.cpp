#include "service/tasks.h"

#include <algorithm>

#include "base/error.h"
#include "service/ids.h"

namespace pxf {

namespace {
constexpr int kMostAtOnce = 4;
}

Json to_json(const TaskState& task) {
  return {{"id", task.id},
          {"kind", task.kind},
          {"state", task.state},
          {"what", task.what},
          {"done", task.done},
          {"total", task.total == 0 ? Json() : Json(task.total)},
          {"model", task.model},
          {"error", task.error ? Json{{"code", to_string(task.error->code)}, {"message", task.error->text()}} : Json()},
          {"created", rfc3339(task.created)}};
}

Tasks::~Tasks() {
  for (auto& [id, task] : tasks_) task->cancel.request();
  for (auto& [id, task] : tasks_) task->thread.join();
}

TaskState Tasks::start(const std::string& kind, Work work) {
  std::lock_guard lock(mutex_);
  const auto running =
      std::ranges::count_if(tasks_, [](const auto& one) { return one.second->state.state == "running"; });
  if (running >= kMostAtOnce)
    fail(ErrorCode::unsupported, "{} pulls and imports run already; wait for one of them", running);
  auto task = std::make_unique<Task>();
  task->state.id = new_id();
  task->state.kind = kind;
  task->state.created = now_ms();
  Task& started = *task;
  tasks_.emplace(started.state.id, std::move(task));
  const TaskState state = started.state;
  started.thread = std::thread([this, &started, work = std::move(work)] { run(started, work); });
  return state;
}

void Tasks::run(Task& task, const Work& work) {
  const Update update = [&](const std::function<void(TaskState&)>& changes) { change(task, changes); };
  auto result = catch_errors([&] { return value_or_throw(work(update, task.cancel)); });
  std::string state = "done";
  if (!result) state = result.error().code == ErrorCode::cancelled ? "cancelled" : "failed";
  change(task, [&](TaskState& s) {
    s.state = state;
    if (result) s.model = std::move(result).value();
    if (state == "failed") s.error = result.error();
  });
}

void Tasks::change(Task& task, const std::function<void(TaskState&)>& changes) {
  std::unique_lock lock(mutex_);
  changes(task.state);
  const TaskState now = task.state;
  lock.unlock();
  hub_.publish(topic(now.id), {now.state == "running" ? "task" : now.state, dump(to_json(now))});
}

std::optional<TaskState> Tasks::find(const std::string& id) {
  std::lock_guard lock(mutex_);
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? std::nullopt : std::optional(found->second->state);
}

std::vector<TaskState> Tasks::list() {
  std::lock_guard lock(mutex_);
  std::vector<TaskState> out;
  for (const auto& [id, task] : tasks_) out.push_back(task->state);
  std::ranges::reverse(out);
  return out;
}

std::optional<TaskState> Tasks::cancel(const std::string& id) {
  std::lock_guard lock(mutex_);
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return std::nullopt;
  found->second->cancel.request();
  return found->second->state;
}

}  // namespace pxf
