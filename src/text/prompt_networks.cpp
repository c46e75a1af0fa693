#include "text/prompt_networks.h"

#include <algorithm>
#include <utility>

#include "text/prompt_scan.h"

namespace pxf {
namespace {

void add_argument(ExtraNetwork& network, std::string_view argument) {
  const std::size_t equals = argument.find('=');
  if (std::count(argument.begin(), argument.end(), '=') != 1) {
    network.positional.emplace_back(argument);
  } else {
    network.named[std::string(argument.substr(0, equals))] = argument.substr(equals + 1);
  }
}

ExtraNetwork network_of(std::string_view kind, std::string_view arguments) {
  ExtraNetwork network{std::string(kind), {}, {}};
  for (std::size_t colon; (colon = arguments.find(':')) != arguments.npos;) {
    add_argument(network, arguments.substr(0, colon));
    arguments.remove_prefix(colon + 1);
  }
  add_argument(network, arguments);
  return network;
}

}  // namespace

double ExtraNetwork::number(std::size_t place, double otherwise) const {
  return place < positional.size() ? decimal_number(positional[place]).value_or(otherwise) : otherwise;
}

double ExtraNetwork::number(const std::string& key, double otherwise) const {
  const auto found = named.find(key);
  return found == named.end() ? otherwise : decimal_number(found->second).value_or(otherwise);
}

PromptNetworks cut_networks(std::string_view prompt) {
  PromptNetworks out;
  std::size_t kept = 0;  // up to here the prompt was kept or cut
  for (std::size_t open = prompt.find('<'); open != prompt.npos;) {
    const std::string_view kind = leading_word(prompt.substr(open + 1));
    const std::size_t colon = open + 1 + kind.size();
    if (!kind.empty() && colon < prompt.size() && prompt[colon] == ':') {
      const std::size_t close = prompt.find('>', colon);
      if (close == prompt.npos) break;  // nothing further on can close either
      if (close > colon + 1) {
        out.prompt += prompt.substr(kept, open - kept);
        out.networks.push_back(network_of(kind, prompt.substr(colon + 1, close - colon - 1)));
        kept = close + 1;
      }
    }
    open = prompt.find('<', std::max(kept, open + 1));
  }
  out.prompt += prompt.substr(kept);
  return out;
}

}  // namespace pxf
