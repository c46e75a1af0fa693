#include "catalog/tag_counts.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/trimmed.h"

namespace pxf {

std::vector<std::pair<std::string, double>> tag_counts(const std::string& text, std::size_t most) {
  const auto folders = nlohmann::json::parse(text, nullptr, false);
  std::map<std::string, double> counts;
  if (folders.is_object()) {
    for (const auto& [folder, tags] : folders.items()) {
      if (!tags.is_object()) continue;
      for (const auto& [tag, count] : tags.items()) {
        const std::string name(trimmed(tag));
        if (count.is_number_integer() && !name.empty()) counts[name] += count.get<double>();
      }
    }
  }
  std::vector<std::pair<std::string, double>> out(counts.begin(), counts.end());
  std::ranges::stable_sort(out, [](const auto& a, const auto& b) { return a.second > b.second; });
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace pxf
