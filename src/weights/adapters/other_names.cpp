#include "weights/adapters/other_names.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "weights/name_pairs.h"

namespace pxf {
namespace {

using Pair = ModulePair;

constexpr std::array kTextEnds{Pair{"token_embedding", "embeddings.token_embedding"},
                               Pair{"positional_embedding", "embeddings.position_embedding"},
                               Pair{"ln_final", "final_layer_norm"}};

template <class Pairs>
std::string_view other_of(const Pairs& pairs, std::string_view original) {
  for (const Pair& pair : pairs) {
    if (pair.original == original) return pair.other;
  }
  return {};
}

// "input_blocks.1.0" and the like -> "down_blocks.0.resnets.0": told by what the places hold, in their order.
class Blocks {
 public:
  explicit Blocks(const std::set<std::string>& modules) : modules_(modules) {
    walk_down();
    walk_middle();
    walk_up();
  }
  const std::map<std::string, std::string, std::less<>>& names() const { return names_; }

 private:
  bool has(const std::string& beginning) const {
    const auto at = modules_.lower_bound(beginning);
    return at != modules_.end() && at->starts_with(beginning);
  }

  void walk_down() {
    for (int i = 1, level = 0, k = 0; has(fmt::format("input_blocks.{}.", i)); ++i) {
      const std::string at = fmt::format("input_blocks.{}", i);
      if (has(at + ".0.op")) {
        names_[at + ".0"] = fmt::format("down_blocks.{}.downsamplers.0", level++);
        k = 0;
        continue;
      }
      names_[at + ".0"] = fmt::format("down_blocks.{}.resnets.{}", level, k);
      if (has(at + ".1.")) names_[at + ".1"] = fmt::format("down_blocks.{}.attentions.{}", level, k);
      ++k;
    }
  }

  void walk_middle() {
    for (int j = 0, resnets = 0, attentions = 0; has(fmt::format("middle_block.{}.", j)); ++j) {
      const std::string at = fmt::format("middle_block.{}", j);
      names_[at] = has(at + ".in_layers.") ? fmt::format("mid_block.resnets.{}", resnets++)
                                           : fmt::format("mid_block.attentions.{}", attentions++);
    }
  }

  void walk_up() {
    for (int i = 0, level = 0, k = 0; has(fmt::format("output_blocks.{}.", i)); ++i) {
      const std::string at = fmt::format("output_blocks.{}", i);
      names_[at + ".0"] = fmt::format("up_blocks.{}.resnets.{}", level, k);
      bool last = false;
      for (int j = 1; has(fmt::format("{}.{}.", at, j)); ++j) {
        last = has(fmt::format("{}.{}.conv", at, j));
        names_[fmt::format("{}.{}", at, j)] = last ? fmt::format("up_blocks.{}.upsamplers.0", level)
                                                   : fmt::format("up_blocks.{}.attentions.{}", level, k);
      }
      k = last ? 0 : k + 1;
      level += last ? 1 : 0;
    }
  }

  const std::set<std::string>& modules_;
  std::map<std::string, std::string, std::less<>> names_;
};

// What follows the block's own name; attentions have the same names in both.
std::string inside(std::string_view block, std::string_view rest) {
  if (block.find(".resnets.") != std::string_view::npos) return std::string(other_of(kUnetResnet, rest));
  if (rest == "op") return "conv";
  return std::string(rest);
}

// The first `parts` names of a path.
std::string_view head(std::string_view path, int parts) {
  std::size_t end = 0;
  for (int i = 0; i < parts && end != std::string_view::npos; ++i) end = path.find('.', i == 0 ? 0 : end + 1);
  return path.substr(0, end);
}

}  // namespace

std::vector<NamePair> diffusers_unet_names(const std::set<std::string>& modules) {
  std::vector<NamePair> out;
  for (const auto& [original, other] : kUnetEnds) {
    if (modules.contains(std::string(original))) out.push_back({std::string(original), std::string(other)});
  }
  const Blocks blocks(modules);
  for (const std::string& module : modules) {
    const std::string_view block = head(module, module.starts_with("middle_block.") ? 2 : 3);
    const auto at = blocks.names().find(block);
    if (at == blocks.names().end() || module.size() <= block.size()) continue;
    const std::string rest = inside(at->second, std::string_view(module).substr(block.size() + 1));
    if (!rest.empty()) out.push_back({module, at->second + "." + rest});
  }
  return out;
}

std::string transformers_text_name(std::string_view open_clip) {
  constexpr std::string_view kLayers = "transformer.resblocks.";
  if (!open_clip.starts_with(kLayers)) return std::string(other_of(kTextEnds, open_clip));
  open_clip.remove_prefix(kLayers.size());
  const std::string_view number = open_clip.substr(0, open_clip.find('.'));
  if (number.size() + 1 >= open_clip.size()) return {};
  const std::string_view other = other_of(kTextLayer, open_clip.substr(number.size() + 1));
  return other.empty() ? std::string() : fmt::format("encoder.layers.{}.{}", number, other);
}

}  // namespace pxf
