#include <algorithm>
#include <set>

#include "base/error.h"
#include "catalog/tag_counts.h"
#include "pipeline/lora_file.h"
#include "pipeline/loras.h"
#include "weights/adapters/kind.h"

namespace pxf {
namespace {

constexpr std::size_t kMostTriggers = 8;

bool is_text(const std::string& target) {
  return target.starts_with("lora_te") || target.find("text_encoder") != std::string::npos ||
         target.find("text_model") != std::string::npos;
}

std::string kind_of(const AdapterModule& m) {
  if (m.kind == nullptr) return "bias difference";
  const bool decomposed = m.has("dora_scale") || m.has("magnitude");
  return decomposed ? (m.kind->title == "LoRA" ? "DoRA" : "DoRA on " + std::string(m.kind->title))
                    : std::string(m.kind->title);
}

std::vector<std::string> frequent_tags(const std::string& text) {
  std::vector<std::string> out;
  for (auto& [tag, count] : tag_counts(text, kMostTriggers)) out.push_back(tag);
  return out;
}

}  // namespace

void describe_lora(const Catalog& file, ModelInfo& info) {
  Adapter adapter;
  try {
    adapter = read_adapter(file, config_of(file));
  } catch (...) {
    info.unsupported_because = current_error().message;
    return;
  }
  const AdapterFamily family = family_of(adapter);
  info.family = family.family;
  info.title = family.title;
  if (!family.reason.empty()) info.reasons.push_back(family.reason);
  LoraInfo& lora = info.lora.emplace();
  std::set<std::string> kinds;
  std::set<std::int64_t> ranks;
  for (const AdapterModule& m : adapter.modules) {
    lora.modules += 1;
    lora.text_modules += is_text(m.target) ? 1 : 0;
    kinds.insert(kind_of(m));
    if (m.rank() > 0) ranks.insert(m.rank());
  }
  lora.kinds.assign(kinds.begin(), kinds.end());
  lora.ranks.assign(ranks.begin(), ranks.end());
  info.unexpected = adapter.unknown;
  const std::string phrase = file.metadata("modelspec.trigger_phrase");
  lora.triggers = phrase.empty() ? frequent_tags(file.metadata("ss_tag_frequency")) : std::vector{phrase};
}

}  // namespace pxf
