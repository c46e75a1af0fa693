#include "cli/bench_compare.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace pxf::cli {
namespace {

std::string shown(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::vector<std::string> settings_that_differ(const Json& before, const Json& after) {
  constexpr std::array kSettings{"/checkpoint",
                                 "/width",
                                 "/height",
                                 "/machine/cpu",
                                 "/machine/threads",
                                 "/machine/backend",
                                 "/machine/instruction_sets"};
  std::vector<std::string> out;
  for (const char* setting : kSettings) {
    const Json::json_pointer place(setting);
    const Json a = before.value(place, Json()), b = after.value(place, Json());
    if (a != b) out.push_back(fmt::format("{}: {} before, {} now", place.back(), shown(a), shown(b)));
  }
  return out;
}

std::optional<double> number_at(const Json& json, const char* place) {
  const Json::json_pointer pointer(place);
  if (!json.contains(pointer) || !json.at(pointer).is_number()) return std::nullopt;
  return json.at(pointer).get<double>();
}

std::optional<double> median_of(const Json& results, const Json& name) {
  for (const Json& row : results) {
    if (row.is_object() && row.value("name", Json()) == name) return number_at(row, "/seconds/median");
  }
  return std::nullopt;
}

}  // namespace

Result<BenchComparison> compare_benches(const Json& before, const Json& after) {
  if (!before.contains("results") || !before["results"].is_array()) {
    return Error{ErrorCode::bad_file, "not a result of `pixelforge bench --json`: it has no \"results\"", {}};
  }
  BenchComparison out;
  for (const Json& row : after.at("results")) {
    const std::optional<double> was = median_of(before["results"], row.at("name"));
    const std::optional<double> is = number_at(row, "/seconds/median");
    if (was && is) out.changes.push_back({row.at("name").get<std::string>(), *was, *is});
  }
  const std::optional<double> was = number_at(before, "/peak_memory"), is = number_at(after, "/peak_memory");
  if (was && is) out.changes.push_back({"peak_memory", *was, *is});
  out.differences = settings_that_differ(before, after);
  return out;
}

Json comparison_json(const BenchComparison& comparison) {
  Json changes = Json::array();
  for (const BenchChange& change : comparison.changes) {
    changes.push_back(
        {{"name", change.name}, {"before", change.before}, {"after", change.after}, {"ratio", change.ratio()}});
  }
  return {{"changes", changes}, {"differences", comparison.differences}};
}

}  // namespace pxf::cli
