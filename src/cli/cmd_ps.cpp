#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "pixelforge/server.h"

namespace pxf::cli {
namespace {

struct PsArguments {
  std::string database;
  bool json = false;
};

std::string work_of(const RunningWorker& worker, const LoadedModel& model) {
  if (!model.in_use) return "idle";
  return worker.steps > 0 ? fmt::format("step {} of {}", worker.step, worker.steps) : "drawing";
}

Json worker_json(const RunningWorker& worker) {
  Json models = Json::array();
  for (const LoadedModel& model : worker.models) {
    models.push_back({{"name", model.name}, {"bytes", model.bytes}, {"in_use", model.in_use}});
  }
  return {{"machine", worker.machine}, {"pid", worker.pid},
          {"models", models},          {"job", worker.job.empty() ? Json() : Json(worker.job)},
          {"step", worker.step},       {"steps", worker.steps}};
}

void print_workers(const std::vector<RunningWorker>& workers, const char* of_what) {
  if (workers.empty()) {
    fmt::print("no server runs from this {}\n", of_what);
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"MACHINE", "PROCESS", "CHECKPOINT", "MEMORY", "NOW"}};
  for (const RunningWorker& worker : workers) {
    if (worker.models.empty())
      rows.push_back({printable(worker.machine), std::to_string(worker.pid), "none yet", "", "idle"});
    for (const LoadedModel& model : worker.models) {
      rows.push_back({printable(worker.machine), std::to_string(worker.pid), printable(model.name),
                      bytes_text(model.bytes), work_of(worker, model)});
    }
  }
  fmt::print("{}", table(rows, rows[0].size()));
}

Status ps(const PsArguments& arguments) {
  const auto workers = running_workers({}, arguments.database);
  if (!workers) return workers.error();
  if (!arguments.json) {
    print_workers(workers.value(), arguments.database.empty() ? "library" : "database");
    return Done{};
  }
  Json all = Json::array();
  for (const RunningWorker& worker : workers.value()) all.push_back(worker_json(worker));
  print_json({{"workers", all}});
  return Done{};
}

}  // namespace

Verb add_ps(CLI::App& program) {
  const auto arguments = std::make_shared<PsArguments>();
  CLI::App* app = program.add_subcommand("ps", "Show which checkpoints a running server holds, and what it draws");
  add_database(*app, arguments->database);
  app->add_flag("--json", arguments->json, "Print it as JSON");
  app->footer("Examples:\n  pixelforge ps\n  pixelforge ps --json");
  return {app, [arguments] { return ps(*arguments); }};
}

}  // namespace pxf::cli
