#include "pipeline/guidance_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/nearest_name.h"
#include "pipeline/method_limits.h"
#include "recipe/guidance_fields.h"

namespace pxf {
namespace {

template <class Method>
void check_layers(const Method& method, const Network& network, std::string_view name) {
  if constexpr (requires { method.layers; }) named_blocks(network, method.layers, name);
}

/// Methods that compare with and without the prompt, or with a worse network, have another meaning where the picture
/// guides too.
void check_follows_picture(const Guidance& g, const Family& family) {
  const char* excluded = g.apg        ? "apg"
                         : g.cfg_zero ? "cfg_zero"
                         : g.dynthres ? "dynthres"
                         : g.pag      ? "pag"
                         : g.seg      ? "seg"
                         : g.slg      ? "slg"
                                      : nullptr;
  require(excluded == nullptr || !family.follows_picture,
          "guidance: got {} with {}, which is guided by its picture too; leave it out", excluded ? excluded : "",
          family.title);
}

/// "Input_Blocks.4.1" as "input.4.1".
std::string block_name(std::string_view spelled) {
  std::string name(spelled);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::string side = name.substr(0, name.find('.'));
  const std::string rest = name.substr(side.size());
  for (const std::string_view suffix : {"", "_block", "_blocks"}) {
    if (side == fmt::format("in{}", suffix) || side == fmt::format("input{}", suffix)) return "input" + rest;
    if (side == fmt::format("out{}", suffix) || side == fmt::format("output{}", suffix)) return "output" + rest;
    if (side == fmt::format("mid{}", suffix) || side == fmt::format("middle{}", suffix)) return "mid" + rest;
  }
  return name;
}

/// What lies around the blocks: "input.4" of "input.4.0", once each.
std::vector<std::string> layers_of(std::span<const std::string> blocks) {
  std::vector<std::string> out;
  for (const std::string& block : blocks) {
    const std::string layer = block.substr(0, block.rfind('.'));
    if (out.empty() || out.back() != layer) out.push_back(layer);
  }
  return out;
}

[[noreturn]] void fail_unknown_layer(std::string_view got, std::span<const std::string> blocks,
                                     std::string_view method) {
  const std::vector<std::string> layers = layers_of(blocks);
  const std::vector<std::string_view> known(layers.begin(), layers.end());
  const std::string_view nearest = nearest_name(got, known);
  fail(ErrorCode::invalid_argument, "guidance: {}: layers: got \"{}\", which has no attention here{}; need some of {}",
       method, got, nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest), fmt::join(layers, ", "));
}

}  // namespace

std::vector<bool> named_blocks(const Network& network, std::span<const std::string> names, std::string_view method) {
  const std::vector<std::string> blocks = network.transformer_blocks();
  require(!blocks.empty(), "guidance: {}: this model has no transformer blocks that could be worsened; leave it out",
          method);
  std::vector<bool> out(blocks.size());
  for (const std::string& spelled : names) {
    const std::string name = block_name(spelled);
    bool found = false;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (blocks[i] != name && !blocks[i].starts_with(name + '.')) continue;
      out[i] = found = true;
    }
    if (!found) fail_unknown_layer(spelled, blocks, method);
  }
  return out;
}

void check_guidance(const Guidance& guidance, const Model& model) {
  check_limits("guidance", guidance);
  Guidance copy = guidance;
  for_each_method(copy, [&](std::string_view names, auto& method) {
    if (!method) return;
    check_layers(*method, *model.network, first_name(names));
  });
  require(!guidance.apg || !guidance.cfg_zero,
          "guidance: got apg and cfg_zero, which are two ways to do the same; leave one out");
  check_follows_picture(guidance, *model.family);
}

bool uses_cfg(const Guidance& guidance, double cfg_scale) {
  if (!guidance.cfg) return cfg_scale != 1;
  return std::ranges::any_of(guidance.cfg->scales, [](double scale) { return scale != 1; });
}

int extra_passes(const Guidance& guidance) {
  return int{guidance.pag.has_value()} + int{guidance.seg.has_value()} + int{guidance.slg.has_value()};
}

}  // namespace pxf
