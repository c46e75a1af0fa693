// <lora:name:0.8> and its like: what a prompt says about networks to load, cut from it before all else.
// As A1111 1.10's extra_networks does it. Pure function; any bytes, in linear time.
// Not here: which file a name is, what the arguments mean to a kind of network.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pxf {

/// Of <lora:fox:0.8:start=0.3> the kind is "lora", positional are "fox" and "0.8", named is start "0.3".
struct ExtraNetwork {
  std::string kind;
  std::vector<std::string> positional;
  std::map<std::string, std::string> named;

  std::string name() const { return positional.empty() ? "" : positional[0]; }
  /// The number at a place (1: the first after the name), or by its name; `otherwise` when it is absent or no number.
  double number(std::size_t place, double otherwise) const;
  double number(const std::string& key, double otherwise) const;
};

struct PromptNetworks {
  std::string prompt;  // what is left
  std::vector<ExtraNetwork> networks;
};

/// In the order of the text.
PromptNetworks cut_networks(std::string_view prompt);

}  // namespace pxf
