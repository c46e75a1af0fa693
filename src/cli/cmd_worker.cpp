#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/verbs.h"
#include "pixelforge/server.h"

namespace pxf::cli {
namespace {

struct WorkerArguments {
  EngineOptions engine;
  QueueWorkerOptions worker;
  std::string home;
};

Status work(const WorkerArguments& arguments) {
  const CancelToken& cancel = cancel_on_interrupt();
  if (!arguments.home.empty()) ::setenv("PIXELFORGE_HOME", arguments.home.c_str(), 1);  // the engine's models too
  Engine engine(arguments.engine);
  auto worker = QueueWorker::start(engine, arguments.worker);
  if (!worker) return std::move(worker).error();
  fmt::print("draws what servers of this database take; Ctrl-C ends it\n");
  std::fflush(stdout);
  while (!cancel.requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  worker.value().stop();
  return Done{};
}

}  // namespace

Verb add_worker(CLI::App& program) {
  const auto arguments = std::make_shared<WorkerArguments>();
  arguments->engine.names_only = true;  // as of the servers whose clients it draws for
  QueueWorkerOptions& worker = arguments->worker;
  CLI::App* app = program.add_subcommand("worker", "Draw for servers on other machines that share a PostgreSQL");
  add_database(*app, worker.database);
  app->add_option("--home", arguments->home, "Folder of the library (default: $PIXELFORGE_HOME)")->type_name("DIR");
  app->add_option("--store", worker.store, "Of the pictures, the same as the servers' (default: in the library)")
      ->type_name("DIR|S3");
  add_value(*app, "--lease", worker.lease, parse_number<int>, "a whole number",
            "Seconds without a sign of life after which its job is given to another worker (default: 20)")
      ->type_name("N");
  add_policy(*app, worker.policy);
  add_threads(*app, arguments->engine.threads);
  add_precision(*app, arguments->engine.precision);
  add_memory(*app, arguments->engine.memory_limit);
  app->footer(
      "It needs the models that are asked for in its own library, and a clock that agrees with the others' to within "
      "seconds.\n\n"
      "Examples:\n"
      "  pixelforge worker --database postgres://pixelforge@db/pixelforge --store /mnt/pictures");
  return {app, [arguments] { return work(*arguments); }};
}

}  // namespace pxf::cli
