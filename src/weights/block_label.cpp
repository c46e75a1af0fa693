#include "weights/block_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "weights/blocks.h"
#include "weights/model_tensors.h"

namespace pxf {
namespace {

constexpr std::size_t kAnywhere = 100;  // words of a name

std::optional<int> number_of(std::string_view word) {
  int value = 0;
  const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (word.empty() || wrong != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> words_of(std::string_view name, char between) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t at = name.find(between);
    out.push_back(name.substr(0, at));
    if (at == name.npos) return out;
    name.remove_prefix(at + 1);
  }
}

// The words up to the first number, where there is one among the first `most`; else the first `otherwise` of them.
std::string up_to_number(std::string_view name, char between, std::size_t most, std::size_t otherwise) {
  const std::vector<std::string_view> words = words_of(name, between);
  std::string out;
  std::size_t count = std::min(otherwise, words.size());
  for (std::size_t i = 0; i < std::min(most, words.size()); ++i) {
    if (!number_of(words[i])) continue;
    count = i + 1;
    break;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<int> number = number_of(words[i]);
    if (i > 0) out += between;
    out += number ? fmt::format("{:02}", *number) : std::string(words[i]);
  }
  return out;
}

std::string text_block(std::string_view name) {
  constexpr std::array<std::string_view, 3> kLists{".layers.", ".resblocks.", ".block."};
  const bool second = name.find("embedders.1.") != name.npos || name.find("clip_g.") != name.npos;
  const std::string encoder = second ? "TE2." : "TE";
  for (const std::string_view list : kLists) {
    const std::size_t at = name.find(list);
    if (at == name.npos) continue;
    const std::string_view rest = name.substr(at + list.size());
    if (const auto number = number_of(rest.substr(0, rest.find('.')))) return fmt::format("{}{:02}", encoder, *number);
  }
  return encoder + (second ? "ends" : ".ends");
}

std::string network_block(std::string_view name) {
  constexpr std::array<std::string_view, 3> kUnetEnds{"time_embed", "label_emb", "out"};
  const std::size_t block = block_of(name);
  if (block != 0) return std::string(kBlockNames[block]);
  const std::string_view first = name.substr(0, name.find('.'));
  if (std::ranges::find(kUnetEnds, first) != kUnetEnds.end()) return std::string(first);
  return up_to_number(name, '.', kAnywhere, 1);
}

std::string vae_block(std::string_view name) {
  return up_to_number(name.substr(0, name.rfind('.')), '.', 3, 2);  // without "weight"
}

}  // namespace

std::string block_label(std::string_view tensor) {
  constexpr std::string_view kNetwork = "model.diffusion_model.", kVae = "first_stage_model.";
  switch (part_of(tensor)) {
    case ModelPart::text: return text_block(tensor);
    case ModelPart::vae: return vae_block(tensor.substr(kVae.size()));
    case ModelPart::unet: return network_block(tensor.substr(kNetwork.size()));
    case ModelPart::other: break;
  }
  return tensor.starts_with("lora_") ? up_to_number(tensor, '_', kAnywhere, 3)
                                     : up_to_number(tensor, '.', kAnywhere, 1);
}

}  // namespace pxf
