#include "pixelforge/methods.h"

#include <string_view>

#include "base/trimmed.h"
#include "sampling/samplers.h"
#include "sampling/schedulers.h"

namespace pxf {
namespace {

std::vector<std::string> names_between_commas(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (const std::string_view name = trimmed(text.substr(0, end)); !name.empty()) names.emplace_back(name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

template <class Entries>
std::vector<MethodName> names_of(const Entries& entries) {
  std::vector<MethodName> out;
  for (const auto& entry : entries) {
    out.push_back({std::string(entry.name), std::string(entry.label), names_between_commas(entry.aliases)});
  }
  return out;
}

}  // namespace

const std::vector<MethodName>& samplers() {
  static const std::vector<MethodName> all = names_of(all_samplers());
  return all;
}

const std::vector<MethodName>& schedulers() {
  static const std::vector<MethodName> all = names_of(all_schedulers());
  return all;
}

}  // namespace pxf
