#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/progress_bar.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "json/tune.h"
#include "pixelforge/tune.h"

namespace pxf::cli {
namespace {

struct TuneArguments {
  std::string checkpoint;
  TuneOptions tune;
  EngineOptions engine;
  bool json = false, dry_run = false, forget = false, quiet = false;
};

std::string line_of(const TuneProgress& progress) {
  return fmt::format("{} {:3.0f} % · {} · {} pictures{}", bar_text(progress.done), 100 * progress.done, progress.doing,
                     progress.pictures, time_left_text(progress.seconds_left));
}

void print_levels(const TuneReport& report) {
  std::vector<std::vector<std::string>> rows = {{"", "sampler", "schedule", "steps", "CFG", "distance"}};
  const Recommended& b = report.before;
  rows.push_back({"before", b.sampler, b.scheduler, fmt::format("{}", b.steps), fmt::format("{}", b.cfg_scale),
                  report.at_first.evaluations > 0 ? fmt::format("{:.3f}", report.at_first.distance) : "-"});
  for (const auto& [level, at] : report.levels) {
    rows.push_back({to_string(level), at.sampler, at.scheduler, fmt::format("{}", at.steps),
                    fmt::format("{}", at.cfg_scale), fmt::format("{:.3f}", report.points.at(level).distance)});
  }
  for (auto& row : rows) {
    for (std::string& cell : row) cell = printable(cell);
  }
  fmt::print("{}", table(rows, 3));
}

void print_report(const TuneReport& report) {
  fmt::print("{} · {}x{} · {} pictures ({} drawn now), {} evaluations, search: {}\n", printable(report.checkpoint),
             report.width, report.height, report.pictures, report.drawn_now, report.evaluations, report.effort);
  print_levels(report);
  fmt::print("distance: 0, the converged picture, to 1, nothing in common with it\nCFG {}: {}\n", report.cfg_scale,
             report.why_cfg);
  for (const std::string& note : report.notes) fmt::print("noticed: {}\n", printable(note));
  for (const auto& file : report.files) fmt::print("{}\n", printable(file.string()));
  fmt::print("{}\n", report.saved ? "saved: what a request gets that says nothing; --level best or fast for the others"
                                  : "not saved (--dry-run)");
}

Status forget(const TuneArguments& options) {
  const auto forgotten = forget_tuned(options.checkpoint);
  if (!forgotten) return forgotten.error();
  if (options.json) {
    print_json({{"name", options.checkpoint}, {"forgotten", forgotten.value()}});
  } else if (!options.quiet) {
    fmt::print("{}: {}\n", printable(options.checkpoint),
               forgotten.value() ? "what was tuned is forgotten" : "nothing was tuned");
  }
  return Done{};
}

Status tune_it(TuneArguments& options) {
  if (options.forget) return forget(options);
  const CancelToken& cancel = cancel_on_interrupt();
  options.tune.save = !options.dry_run;
  Engine engine(options.engine);
  const auto checkpoint = engine.open(options.checkpoint);
  if (!checkpoint) return checkpoint.error();
  ProgressBar bar(!options.json && !options.quiet);
  const auto on_progress = [&](const TuneProgress& progress) {
    bar.show(line_of(progress));
    return Go::on;
  };
  auto report = tune(engine, checkpoint.value(), options.tune, on_progress, &cancel);
  bar.erase();
  if (!report) {
    Error error = std::move(report).error();
    if (error.code == ErrorCode::cancelled) error.message += "; tune it again to go on from here";
    return error;
  }
  if (options.json) {
    print_json(to_json(report.value()));
  } else if (!options.quiet) {
    print_report(report.value());
  }
  return Done{};
}

}  // namespace

Verb add_tune(CLI::App& program) {
  const auto options = std::make_shared<TuneArguments>();
  TuneOptions& tune = options->tune;
  CLI::App* app = program.add_subcommand("tune", "Find sampler, steps and CFG for a checkpoint on this machine");
  app->add_option("checkpoint", options->checkpoint, "A checkpoint's name, or a file with --dry-run")->required();
  add_value(
      *app, "--minutes", tune.minutes, [](const std::string& text) { return parse_number<double>(text); }, "a number",
      "Time that it may take, about (default: 10)")
      ->type_name("N");
  app->add_option("--effort", tune.effort, "So much of the search, whatever time it takes, in place of --minutes")
      ->type_name("large|medium|small|tiny");
  app->add_option("--prompt", tune.prompts,
                  "What to draw; may be given several times (default: by what the checkpoint is for)")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  app->add_option("--clip", tune.clip,
                  "Judge pictures also by this CLIP (transformers' CLIPModel as safetensors, or its folder)")
      ->type_name("FILE");
  app->add_option("--report", tune.report, "Write report.html and report.png into this folder")->type_name("FOLDER");
  app->add_flag("--dry-run", options->dry_run, "Save nothing of what is found");
  app->add_flag("--fresh", tune.fresh, "Begin anew, whatever an earlier tuning has measured");
  app->add_flag("--forget", options->forget, "Drop what was tuned for this name");
  add_threads(*app, options->engine.threads);
  add_precision(*app, options->engine.precision);
  app->add_flag("--json", options->json, "Print what was found and measured as JSON");
  app->add_flag("-q,--quiet", options->quiet, "Print nothing");
  app->footer(
      "It draws pictures at many settings and compares them: docs/tuning.md says how. Cancelled or killed, it goes on\n"
      "where it was. The result becomes what a request gets that says nothing; `set` goes before it.\n\n"
      "Examples:\n"
      "  pixelforge tune dreamlike\n"
      "  pixelforge tune dreamlike --minutes 60 --prompt \"a red fox\" --prompt \"a street at night\" --report sheets\n"
      "  pixelforge tune new.safetensors --dry-run --json\n"
      "  pixelforge tune dreamlike --clip clip-vit-large-patch14/model.safetensors\n"
      "  pixelforge tune dreamlike --forget");
  return {app, [options] { return tune_it(*options); }};
}

}  // namespace pxf::cli
