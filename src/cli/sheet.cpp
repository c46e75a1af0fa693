#include "cli/sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "cli/plain_text.h"
#include "cli/terminal.h"
#include "cli/wording.h"
#include "pixelforge/licence.h"

namespace pxf::cli {
namespace {

constexpr int kLabel = 15;  // columns of the left-hand side
constexpr int kLongestLine = 110;
constexpr std::size_t kTensorsShown = 8;

std::string what_it_is(const ModelInfo& model) {
  std::string text = model.kind;
  if (!model.title.empty()) text += ", " + model.title;
  if (!model.prediction.empty()) text += ", " + prediction_text(model.prediction);
  return text;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, ", ")); }

/// As A1111 and Civitai write them.
std::string short_hashes(const ModelInfo& model) {
  std::vector<std::string> out;
  const auto add = [&](const char* name, const std::string& hash) {
    if (!hash.empty()) out.push_back(fmt::format("{} ({})", hash, name));
  };
  add("AutoV1", model.auto_v1);
  add("AutoV2", model.sha256.substr(0, 10));
  add("AutoV3", model.tensors_sha256.substr(0, 12));
  return joined(out);
}

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

void print_recommended(const Sheet& sheet, const Recommended& r) {
  sheet.row("recommended", fmt::format("{} ({})", settings_line(r), origin_text(r.from)));
  for (const auto& [level, at] : r.levels) {
    if (level == Level::balanced) continue;
    sheet.row(to_string(level),
              fmt::format("{} · {} · {} steps · CFG {}", at.sampler, at.scheduler, at.steps, at.cfg_scale));
  }
  sheet.row("", r.left_out);
  if (r.clip_skip) sheet.row("clip skip", fmt::format("{}", *r.clip_skip));
  sheet.row("VAE", r.vae);
  sheet.row("negative", r.negative);
  sheet.row("shortcuts", r.shortcuts);
}

}  // namespace

Sheet::Sheet() : columns_(std::clamp(window_of(stdout).columns, 40, kLongestLine)) {}

void Sheet::row(const char* label, const std::string& value) const {
  if (value.empty()) return;
  fmt::print("{}{}\n", padded(label, kLabel), wrapped(printable(value), columns_ - kLabel, kLabel));
}

void Sheet::tensors(const char* label, const std::vector<std::string>& names) const {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == kTensorsShown) {
      row("", fmt::format("… and {} more (--json lists all)", names.size() - i));
      return;
    }
    row(i == 0 ? label : "", names[i]);
  }
}

std::string good_for_text(const std::vector<GoodFor>& good_for) {
  std::string yes, no;
  for (const GoodFor& one : good_for) {
    std::string& into = one.weight > 0 ? yes : no;
    into += (into.empty() ? "" : ", ") + one.what;
  }
  if (no.empty()) return yes;
  return (yes.empty() ? "" : yes + "; ") + "not " + no;
}

void print_sheet(const Sheet& sheet, const ModelInfo& model, bool metadata) {
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
    if (const auto strength = model.lora->preferred_strength) sheet.row("strength", fmt::format("{}", *strength));
  }
  if (model.recommended) {
    print_recommended(sheet, *model.recommended);
  }
  sheet.row("author", model.author);
  sheet.row("licence", model.license.empty() ? "not stated" : model.license);
  sheet.row("commercial use", commercial_text(judge_licence(model.license)));
  sheet.row("tags", model.tags);
  sheet.row("about", model.description);
  sheet.tensors("missing", model.missing);
  sheet.tensors("wrong shape", model.wrong_shape);
  sheet.tensors("unexpected", model.unexpected);
  sheet.row("sha256", model.sha256);
  sheet.row("of its tensors", model.tensors_sha256);
  sheet.row("short hashes", short_hashes(model));
  if (!metadata) return;
  for (const auto& [key, value] : model.metadata) sheet.row("metadata", fmt::format("{} = {}", key, value));
}

}  // namespace pxf::cli
