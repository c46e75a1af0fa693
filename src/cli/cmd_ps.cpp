#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "pixelforge/server.h"

namespace pxf::cli {
namespace {

std::string work_of(const RunningWorker& worker, const LoadedModel& model) {
  if (!model.in_use) return "idle";
  return worker.steps > 0 ? fmt::format("step {} of {}", worker.step, worker.steps) : "drawing";
}

Json worker_json(const RunningWorker& worker) {
  Json models = Json::array();
  for (const LoadedModel& model : worker.models) {
    models.push_back({{"name", model.name}, {"bytes", model.bytes}, {"in_use", model.in_use}});
  }
  return {{"pid", worker.pid},
          {"models", models},
          {"job", worker.job.empty() ? Json() : Json(worker.job)},
          {"step", worker.step},
          {"steps", worker.steps}};
}

void print_workers(const std::vector<RunningWorker>& workers) {
  if (workers.empty()) {
    fmt::print("no server runs from this library\n");
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"PROCESS", "CHECKPOINT", "MEMORY", "NOW"}};
  for (const RunningWorker& worker : workers) {
    if (worker.models.empty()) rows.push_back({std::to_string(worker.pid), "none yet", "", "idle"});
    for (const LoadedModel& model : worker.models) {
      rows.push_back(
          {std::to_string(worker.pid), printable(model.name), bytes_text(model.bytes), work_of(worker, model)});
    }
  }
  fmt::print("{}", table(rows, rows[0].size()));
}

Status ps(bool as_json) {
  const auto workers = running_workers();
  if (!workers) return workers.error();
  if (!as_json) {
    print_workers(workers.value());
    return Done{};
  }
  Json all = Json::array();
  for (const RunningWorker& worker : workers.value()) all.push_back(worker_json(worker));
  print_json({{"workers", all}});
  return Done{};
}

}  // namespace

Verb add_ps(CLI::App& program) {
  const auto as_json = std::make_shared<bool>(false);
  CLI::App* app = program.add_subcommand("ps", "Show which checkpoints a running server holds, and what it draws");
  app->add_flag("--json", *as_json, "Print it as JSON");
  app->footer("Examples:\n  pixelforge ps\n  pixelforge ps --json");
  return {app, [as_json] { return ps(*as_json); }};
}

}  // namespace pxf::cli
