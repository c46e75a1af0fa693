#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct PrepareArguments {
  std::vector<std::string> checkpoints;
  std::optional<Size> size;
  int limit = 64;
  EngineOptions engine;
  bool json = false;
};

Status prepare(const PrepareArguments& arguments) {
  const CancelToken& cancel = cancel_on_interrupt();
  PrepareOptions options;
  options.limit = static_cast<std::uint64_t>(arguments.limit) << 30;
  if (arguments.size) {
    options.width = arguments.size->width;
    options.height = arguments.size->height;
  }
  Engine engine(arguments.engine);
  nlohmann::json report = nlohmann::json::array();
  for (const std::string& name : arguments.checkpoints) {
    const auto checkpoint = engine.open(name);
    if (!checkpoint) return checkpoint.error();
    const auto bytes = engine.prepare(checkpoint.value(), options, &cancel);
    if (!bytes) return bytes.error();
    report.push_back({{"name", checkpoint.value().info().name}, {"bytes", bytes.value()}});
    if (!arguments.json) {
      fmt::print("{}: {} prepared\n", printable(checkpoint.value().info().name), bytes_text(bytes.value()));
    }
    engine.unload();
  }
  if (arguments.json) print_json(report);
  return Done{};
}

}  // namespace

Verb add_prepare(CLI::App& program) {
  const auto options = std::make_shared<PrepareArguments>();
  CLI::App* app = program.add_subcommand("prepare", "Keep checkpoints' weights on the disk as this machine wants them");
  app->add_option("checkpoints", options->checkpoints, "Checkpoint files or names")->required();
  add_size(*app, options->size, "Size of the pictures to come (default: what the checkpoint recommends)");
  add_whole(*app, "--limit", options->limit, "GiB that all prepared weights may take (default: 64); the oldest go");
  add_threads(*app, options->engine.threads);
  app->add_flag("--json", options->json, "Print what was prepared as JSON");
  app->footer(
      "They are mapped at the next use in place of being packed, in any process: the first picture comes seconds "
      "sooner.\n"
      "They take about as much as in memory, 5 GB for SD 1.5, in prepared/ in the library's folder, which may be "
      "deleted.\n\n"
      "Examples:\n"
      "  pixelforge prepare dreamlike\n"
      "  pixelforge prepare sd15.safetensors --size 512x768 --limit 20");
  return {app, [options] { return prepare(*options); }};
}

}  // namespace pxf::cli
