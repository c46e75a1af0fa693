#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/json.h"
#include "cli/plain_text.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

constexpr int kLabel = 15;  // columns of the left-hand side
constexpr int kLongestLine = 110;
constexpr std::size_t kTensorsShown = 8;

struct InspectArguments {
  std::string file;
  bool hash = false, json = false, metadata = false;
};

class Sheet {
 public:
  /// Nothing for an empty value.
  void row(const char* label, const std::string& value) const {
    if (value.empty()) return;
    fmt::print("{}{}\n", padded(label, kLabel), wrapped(printable(value), columns_ - kLabel, kLabel));
  }

  void tensors(const char* label, const std::vector<std::string>& names) const {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i == kTensorsShown) {
        row("", fmt::format("… and {} more (--json lists all)", names.size() - i));
        return;
      }
      row(i == 0 ? label : "", names[i]);
    }
  }

 private:
  int columns_ = std::clamp(window_of(stdout).columns, 40, kLongestLine);
};

std::string what_it_is(const ModelInfo& model) {
  std::string text = model.kind;
  if (!model.title.empty()) text += ", " + model.title;
  if (!model.prediction.empty()) text += ", " + prediction_text(model.prediction);
  return text;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

void print_parts(const Sheet& sheet, const ModelInfo& model) {
  const char* label = "parts";
  for (const PartInfo& part : model.parts) {
    sheet.row(std::exchange(label, ""),
              fmt::format("{}: {} parameters in {} tensors, {}, {}", part_text(part.name), count_text(part.parameters),
                          part.tensors, bytes_text(static_cast<std::uint64_t>(part.bytes)), joined(part.types)));
  }
}

std::string lora_text(const LoraInfo& lora) {
  std::string ranks;
  if (lora.ranks.size() == 1) ranks = fmt::format(" of rank {}", lora.ranks[0]);
  if (lora.ranks.size() > 1) ranks = fmt::format(" of ranks {} to {}", lora.ranks.front(), lora.ranks.back());
  return fmt::format("{}{} on {} modules, {} of them in text encoders", joined(lora.kinds), ranks, lora.modules,
                     lora.text_modules);
}

void print_sheet(const ModelInfo& model, bool metadata) {
  const Sheet sheet;
  sheet.row("name", model.name);
  sheet.row("title", model.model_title);
  sheet.row("is", what_it_is(model));
  sheet.row("recognised by", joined(model.reasons));
  sheet.row("can be run", model.supported ? "yes" : "no: " + model.unsupported_because);
  sheet.row("safe", model.safe ? "yes, opening it runs no code" : "no: opening it with other programs can run code");
  sheet.row("file", fmt::format("{}, {}, {} tensors", model.format, bytes_text(model.bytes), model.tensors));
  print_parts(sheet, model);
  if (model.lora) {
    sheet.row("changes", lora_text(*model.lora));
    sheet.row("trigger words", joined(model.lora->triggers));
  }
  if (model.recommended) {
    sheet.row("recommended", fmt::format("{} (by {})", settings_line(*model.recommended), model.recommended->from));
  }
  sheet.row("author", model.author);
  sheet.row("licence", model.license.empty() ? "not stated" : model.license);
  sheet.row("tags", model.tags);
  sheet.row("about", model.description);
  sheet.tensors("missing", model.missing);
  sheet.tensors("wrong shape", model.wrong_shape);
  sheet.tensors("unexpected", model.unexpected);
  sheet.row("sha256", model.sha256);
  if (!metadata) return;
  for (const auto& [key, value] : model.metadata) sheet.row("metadata", fmt::format("{} = {}", key, value));
}

Status inspect(const InspectArguments& options) {
  Engine engine;
  const auto model = engine.inspect(options.file, options.hash);
  if (!model) return model.error();
  options.json ? print_json(to_json(model.value())) : print_sheet(model.value(), options.metadata);
  return Done{};
}

}  // namespace

Verb add_inspect(CLI::App& program) {
  const auto options = std::make_shared<InspectArguments>();
  CLI::App* app = program.add_subcommand("inspect", "Say what a model file is; reads its header only");
  app->add_option("file", options->file, "A model file, or the name of an embedded checkpoint")->required();
  app->add_flag("--hash", options->hash, "Also compute the sha256, which reads the whole file");
  app->add_flag("--metadata", options->metadata, "Also print all of the file's metadata");
  app->add_flag("--json", options->json, "Print everything as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge inspect dreamlike.safetensors\n"
      "  pixelforge inspect starter --metadata\n"
      "  pixelforge inspect dreamlike.safetensors --hash --json");
  return {app, [options] { return inspect(*options); }};
}

}  // namespace pxf::cli
