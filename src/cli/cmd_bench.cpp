#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/bench_chart.h"
#include "cli/bench_compare.h"
#include "cli/bench_tables.h"
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
  std::string compare, chart;  // files; empty: not wanted
  bool json = false;
};

void warn_of_differences(const BenchComparison& comparison) {
  for (const std::string& one : comparison.differences) {
    fmt::print(stderr, "warning: not the same run: {}\n", printable(one));
  }
}

// The earlier result, as early as can be: a wrong file is told before anything is timed.
Result<Json> read_earlier_bench(const std::string& file) {
  std::ifstream in(file);
  if (!in) return Error{ErrorCode::not_found, "cannot be read: give what `pixelforge bench --json` printed", file};
  Json earlier = Json::parse(in, nullptr, false);
  const auto usable = compare_benches(earlier, {{"results", Json::array()}});
  if (!usable) return Error{usable.error().code, usable.error().message, file};
  return earlier;
}

Status write_bench_chart(const BenchReport& report, const std::string& file) {
  std::ofstream out(file);
  out << bench_chart(report);
  out.close();
  if (!out) return Error{ErrorCode::io, "[chart] cannot be written: is there such a folder, with room?", file};
  return Done{};
}

std::string work_left(const BenchReport& report) {
  const auto gflop = [&](const char* name) {
    const auto row = std::ranges::find(report.rows, name, &BenchRow::name);
    return row == report.rows.end() ? 0 : row->gflop;
  };
  const double whole = gflop("unet.step"), shortened = gflop("unet.shortcut");
  if (whole <= 0 || shortened <= 0) return "";
  return fmt::format("unet.shortcut is {:.1f} % of the operations of unet.step\n", 100 * shortened / whole);
}

void announce(const Checkpoint& checkpoint, const MachineInfo& machine) {
  fmt::print("{} · {} threads on {} · {}\n", printable(checkpoint.info().name), machine.threads, machine.cpu,
             machine.instruction_sets.empty() ? machine.backend : machine.instruction_sets.front());
  std::fflush(stdout);  // the rest takes its time
}

void print_report(const BenchReport& report, bool profile) {
  fmt::print("{}x{}\n\n{}{}\npeak memory {}\n", report.width, report.height, results_table(report), work_left(report),
             bytes_text(report.peak_memory));
  if (!profile) return;
  fmt::print("\none unet.step and one vae.decode:\n{}\nby op:\n{}\nlayers that take longest:\n{}",
             kernels_table(report), ops_table(report), top_layers_table(report));
}

Status print_results(const BenchReport& report, bool profile, const std::optional<Json>& earlier, bool json) {
  Json out = to_json(report);
  if (!json) print_report(report, profile);
  if (earlier) {
    const auto comparison = compare_benches(*earlier, out);
    if (!comparison) return comparison.error();
    warn_of_differences(comparison.value());
    if (!json) fmt::print("\n{}", comparison_table(comparison.value()));
    out["compared"] = comparison_json(comparison.value());
  }
  if (json) print_json(out);
  return Done{};
}

Status bench(BenchArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  if (options.size) {
    options.bench.width = options.size->width;
    options.bench.height = options.size->height;
  }
  std::optional<Json> earlier;
  if (!options.compare.empty()) {
    auto read = read_earlier_bench(options.compare);
    if (!read) return read.error();
    earlier = std::move(read).value();
  }
  const bool shows_profile = options.bench.profile;
  options.bench.profile = shows_profile || options.json || !options.chart.empty();
  Engine engine(options.engine);
  const auto checkpoint = engine.open(options.checkpoint);
  if (!checkpoint) return checkpoint.error();
  if (!options.json) announce(checkpoint.value(), engine.machine());
  const auto report = engine.bench(checkpoint.value(), options.bench, &cancel);
  if (!report) return report.error();
  if (!options.chart.empty()) {
    if (Status written = write_bench_chart(report.value(), options.chart); !written) return written;
  }
  return print_results(report.value(), shows_profile, earlier, options.json);
}

}  // namespace

Verb add_bench(CLI::App& program) {
  const auto options = std::make_shared<BenchArguments>();
  CLI::App* app = program.add_subcommand("bench", "Time the parts of a checkpoint on this machine");
  app->add_option("file", options->checkpoint, "A checkpoint file or name (default: starter)");
  add_size(*app, options->size, "Size of the picture (default: what the checkpoint recommends)");
  add_whole(*app, "--repeats", options->bench.repeats, "Measured runs of each part (default: 3)");
  add_threads(*app, options->engine.threads);
  add_precision(*app, options->engine.precision);
  app->add_flag("--picture", options->bench.pictures, "Also time a whole picture with the recommended settings");
  app->add_option("--lora", options->bench.lora, "Also time a change of this LoRA's strength, and the steps after it")
      ->type_name("NAME|FILE");
  app->add_option("--swap", options->bench.swap, "Also time pictures after a change to this checkpoint and back")
      ->type_name("NAME|FILE");
  app->add_flag("--profile", options->bench.profile, "Also print where the time went: by kernel, op and layer");
  app->add_option("--chart", options->chart, "Draw where the time went, layer by layer, as SVG")->type_name("FILE.svg");
  app->add_option("--compare", options->compare, "Hold the result against an earlier one of bench --json")
      ->type_name("FILE.json");
  app->add_flag("--json", options->json, "Print everything as JSON, the profile too");
  add_shortcuts(*app, options->bench.shortcuts, "Also time a step with these shortcuts, as generate has them");
  app->footer(
      "unet.step is one sampling step with classifier-free guidance, two rows in one batch. cpu is the share of the\n"
      "threads' time that they really ran: well below 1, other programs had the processors, and times say little.\n\n"
      "Examples:\n"
      "  pixelforge bench\n"
      "  pixelforge bench sd15.safetensors --size 512 --threads 2 --repeats 5 --json\n"
      "  pixelforge bench --profile --chart profile.svg\n"
      "  pixelforge bench --json > before.json\n"
      "  pixelforge bench --compare before.json");
  return {app, [options] { return bench(*options); }};
}

}  // namespace pxf::cli
