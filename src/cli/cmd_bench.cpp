#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct BenchArguments {
  std::string checkpoint = "starter";
  std::optional<Size> size;
  BenchOptions bench;
  EngineOptions engine;
  bool json = false, profile = false;
};

std::string rate(double gflop, double seconds) {
  return gflop > 0 && seconds > 0 ? fmt::format("{:.1f}", gflop / seconds) : "";
}

std::string results_table(const BenchReport& report) {
  std::vector<std::vector<std::string>> rows = {{"", "min s", "median s", "max s", "GFLOP/s"}};
  for (const BenchRow& row : report.rows) {
    if (row.seconds.empty()) continue;
    rows.push_back({row.name, fmt::format("{:.4f}", row.seconds.front()), fmt::format("{:.4f}", row.median()),
                    fmt::format("{:.4f}", row.seconds.back()), rate(row.gflop, row.median())});
  }
  return table(rows, 1);
}

std::string kernels_table(const BenchReport& report) {
  double total = 0;
  for (const auto& row : report.kernels) total += row.seconds;
  std::vector<std::vector<std::string>> rows = {{"kernel", "calls", "seconds", "share", "GFLOP/s"}};
  for (const auto& row : report.kernels) {
    rows.push_back({row.kernel, fmt::format("{}", row.calls), fmt::format("{:.4f}", row.seconds),
                    fmt::format("{:.1f} %", total > 0 ? 100 * row.seconds / total : 0), rate(row.gflop, row.seconds)});
  }
  return table(rows, 1);
}

void announce(const Checkpoint& checkpoint, const MachineInfo& machine) {
  fmt::print("{} · {} threads on {} · {}\n", printable(checkpoint.info().name), machine.threads, machine.cpu,
             machine.instruction_sets.empty() ? machine.backend : machine.instruction_sets.front());
  std::fflush(stdout);  // the rest takes its time
}

void print_report(const BenchReport& report, bool profile) {
  fmt::print("{}x{}\n\n{}\npeak memory {}\n", report.width, report.height, results_table(report),
             bytes_text(report.peak_memory));
  if (profile) fmt::print("\none unet.step and one vae.decode:\n{}", kernels_table(report));
}

Status bench(BenchArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  if (options.size) {
    options.bench.width = options.size->width;
    options.bench.height = options.size->height;
  }
  Engine engine(options.engine);
  const auto checkpoint = engine.open(options.checkpoint);
  if (!checkpoint) return checkpoint.error();
  if (!options.json) announce(checkpoint.value(), engine.machine());
  const auto report = engine.bench(checkpoint.value(), options.bench, &cancel);
  if (!report) return report.error();
  options.json ? print_json(to_json(report.value())) : print_report(report.value(), options.profile);
  return Done{};
}

}  // namespace

Verb add_bench(CLI::App& program) {
  const auto options = std::make_shared<BenchArguments>();
  CLI::App* app = program.add_subcommand("bench", "Time the parts of a checkpoint on this machine");
  app->add_option("file", options->checkpoint, "A checkpoint file or name (default: starter)");
  add_size(*app, options->size, "Size of the picture (default: what the checkpoint recommends)");
  add_whole(*app, "--repeats", options->bench.repeats, "Measured runs of each part (default: 3)");
  add_threads(*app, options->engine.threads);
  app->add_flag("--picture", options->bench.pictures, "Also time a whole picture with the recommended settings");
  app->add_option("--lora", options->bench.lora, "Also time a change of this LoRA's strength, and the steps after it")
      ->type_name("NAME|FILE");
  app->add_flag("--profile", options->profile, "Also print where the time went, kernel by kernel");
  app->add_flag("--json", options->json, "Print everything as JSON");
  app->footer(
      "unet.step is one sampling step with classifier-free guidance, two rows in one batch.\n\n"
      "Examples:\n"
      "  pixelforge bench\n"
      "  pixelforge bench sd15.safetensors --size 512 --threads 2 --repeats 5 --json\n"
      "  pixelforge bench --profile");
  return {app, [options] { return bench(*options); }};
}

}  // namespace pxf::cli
