#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/file_progress_line.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct DiffArguments {
  std::string a, b, chart;
  EngineOptions engine;
  bool tensors = false, json = false;
};

Json row_json(const DiffRow& row) {
  const auto number = [](double value) { return std::isfinite(value) ? Json(value) : Json(); };
  return {{"name", row.name},
          {"part", row.part},
          {"block", row.block},
          {"tensors", row.tensors},
          {"parameters", row.parameters},
          {"changed", row.changed},
          {"equal", row.equal()},
          {"missing", row.missing},
          {"added", row.added},
          {"misshapen", row.misshapen},
          {"damaged", row.damaged},
          {"relative", number(row.relative)},
          {"cosine", row.cosine},
          {"max_abs", row.largest}};
}

Json rows_json(const std::vector<DiffRow>& rows) {
  Json out = Json::array();
  for (const DiffRow& row : rows) out.push_back(row_json(row));
  return out;
}

Json report_json(const DiffReport& report) {
  return {{"a", report.a},
          {"b", report.b},
          {"kind", report.kind},
          {"lora_changes", report.lora_changes},
          {"all", row_json(report.whole)},
          {"parts", rows_json(report.parts)},
          {"blocks", rows_json(report.blocks)},
          {"tensors", rows_json(report.tensors)},
          {"read", report.read},
          {"seconds", report.seconds}};
}

std::string percent(double share) { return std::isfinite(share) ? fmt::format("{:.3f} %", 100 * share) : "new"; }

/// What cannot be seen from the numbers.
std::string remarks(const DiffRow& row) {
  std::string out;
  const auto note = [&out](std::int64_t count, const char* what) {
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, what);
  };
  note(row.missing, "not in B");
  note(row.added, "not in A");
  note(row.misshapen, "of other shape");
  note(row.damaged, "with NaN or infinity");
  return out;
}

std::vector<std::string> cells(const std::string& name, const DiffRow& row) {
  return {printable(name),
          remarks(row),
          fmt::format("{}/{}", row.changed, row.tensors),
          percent(row.relative),
          fmt::format("{:.6f}", row.cosine),
          fmt::format("{:.3g}", row.largest)};
}

void print_report(const DiffReport& report, bool tensors) {
  fmt::print("A: {}\nB: {}\n", printable(report.a), printable(report.b));
  if (report.lora_changes) fmt::print("compared by what they change, up times down\n");
  std::vector<std::vector<std::string>> rows{{"", "", "changed", "|B-A|/|A|", "cosine", "largest"}};
  for (const DiffRow& part : report.parts) {
    rows.push_back(cells(part.name, part));
    const std::vector<DiffRow>& inner = tensors ? report.tensors : report.blocks;
    for (const DiffRow& row : inner) {
      if (row.part == part.part) rows.push_back(cells("  " + row.name, row));
    }
  }
  rows.push_back(cells("all", report.whole));
  fmt::print("{}", table(rows, 2));
}

Status write_chart(const DiffReport& report, const std::string& path) {
  Picture picture;
  picture.image = draw_chart(report);
  return save_png(picture, path);
}

Status diff(const DiffArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine(options.engine);
  Result<DiffReport> report = [&] {
    FileProgressLine line("comparing", !options.json);
    return engine.diff(options.a, options.b, line.callback(), &cancel);
  }();
  if (!report) return std::move(report).error();
  if (!options.chart.empty()) {
    if (Status written = write_chart(report.value(), options.chart); !written) return written;
  }
  options.json ? print_json(report_json(report.value())) : print_report(report.value(), options.tensors);
  return Done{};
}

}  // namespace

Verb add_diff(CLI::App& program) {
  const auto options = std::make_shared<DiffArguments>();
  CLI::App* app = program.add_subcommand("diff", "Show where two models differ, block by block");
  app->add_option("a", options->a, "A model file or name")->required();
  app->add_option("b", options->b, "Another: two checkpoints, VAEs, LoRAs ...")->required();
  app->add_option("--chart", options->chart, "Also draw a bar for each block, as a PNG")->type_name("FILE");
  app->add_flag("--tensors", options->tensors, "Each tensor, not blocks");
  add_threads(*app, options->engine.threads);
  app->add_flag("--json", options->json, "Print parts, blocks and tensors as JSON");
  app->footer(
      "|B-A|/|A| is the distance of all numbers of a block, as a share of A's own length; the cosine that of the "
      "angle\n"
      "between them; the largest a single number's change. Formats and types may differ. LoRAs are compared by what\n"
      "they change.\n\n"
      "Examples:\n"
      "  pixelforge diff sd15 dreamlike --chart where.png\n"
      "  pixelforge diff a.safetensors b.gguf --json");
  return {app, [options] { return diff(*options); }};
}

}  // namespace pxf::cli
