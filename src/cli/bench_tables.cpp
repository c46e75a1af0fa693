#include "cli/bench_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

#include "cli/plain_text.h"

namespace pxf::cli {
namespace {

using ProfileRow = BenchReport::ProfileRow;
constexpr std::size_t kTopLayers = 12;

std::string rate_text(double gflop, double seconds) {
  return gflop > 0 && seconds > 0 ? fmt::format("{:.1f}", gflop / seconds) : "";
}

std::vector<std::string> profile_cells(const ProfileRow& row, double total) {
  return {fmt::format("{}", row.calls), fmt::format("{:.4f}", row.seconds),
          fmt::format("{:.1f} %", total > 0 ? 100 * row.seconds / total : 0), rate_text(row.gflop, row.seconds),
          row.bytes > 0 ? bytes_text(static_cast<std::uint64_t>(row.bytes)) : ""};
}

std::string profile_table(const std::vector<std::pair<std::string, ProfileRow>>& rows, const BenchReport& report) {
  std::vector<std::vector<std::string>> lines = {{"part", "", "calls", "seconds", "share", "GFLOP/s", "bytes"}};
  for (const auto& [name, row] : rows) {
    const auto part = std::ranges::find(report.parts, row.part, &ProfileRow::part);
    std::vector<std::string> line = {row.part, printable(name)};
    std::ranges::move(profile_cells(row, part == report.parts.end() ? 0 : part->seconds), std::back_inserter(line));
    lines.push_back(std::move(line));
  }
  return table(lines, 2);
}

}  // namespace

std::string results_table(const BenchReport& report) {
  std::vector<std::vector<std::string>> rows = {{"", "min s", "median s", "max s", "GFLOP/s", "cpu"}};
  for (const BenchRow& row : report.rows) {
    if (row.seconds.empty()) continue;
    rows.push_back({row.name, fmt::format("{:.4f}", row.seconds.front()), fmt::format("{:.4f}", row.median()),
                    fmt::format("{:.4f}", row.seconds.back()), rate_text(row.gflop, row.median()),
                    row.cpu > 0 ? fmt::format("{:.2f}", row.cpu) : ""});
  }
  return table(rows, 1);
}

std::string kernels_table(const BenchReport& report) {
  double total = 0;
  for (const auto& row : report.kernels) total += row.seconds;
  std::vector<std::vector<std::string>> rows = {{"kernel", "calls", "seconds", "share", "GFLOP/s"}};
  for (const auto& row : report.kernels) {
    rows.push_back({row.kernel, fmt::format("{}", row.calls), fmt::format("{:.4f}", row.seconds),
                    fmt::format("{:.1f} %", total > 0 ? 100 * row.seconds / total : 0),
                    rate_text(row.gflop, row.seconds)});
  }
  return table(rows, 1);
}

std::string ops_table(const BenchReport& report) {
  std::vector<std::pair<std::string, ProfileRow>> rows;
  for (const ProfileRow& row : report.ops) rows.emplace_back(row.op == "other" ? "between ops" : row.op, row);
  return profile_table(rows, report);
}

std::string top_layers_table(const BenchReport& report) {
  std::vector<ProfileRow> longest = report.layers;
  std::erase_if(longest, [](const ProfileRow& row) { return row.kernel.empty(); });
  std::ranges::stable_sort(longest, std::greater{}, &ProfileRow::seconds);
  longest.resize(std::min(longest.size(), kTopLayers));
  std::vector<std::pair<std::string, ProfileRow>> rows;
  for (const ProfileRow& row : longest) rows.emplace_back(fmt::format("{} {}/{}", row.layer, row.op, row.kernel), row);
  return profile_table(rows, report);
}

std::string comparison_table(const BenchComparison& comparison) {
  std::vector<std::vector<std::string>> rows = {{"", "before", "now", "before/now"}};
  for (const BenchChange& change : comparison.changes) {
    const auto text = [&](double value) {
      return change.name == "peak_memory" ? bytes_text(static_cast<std::uint64_t>(value))
                                          : fmt::format("{:.4f}", value);
    };
    rows.push_back({change.name, text(change.before), text(change.after), fmt::format("{:.2f}", change.ratio())});
  }
  return table(rows, 1);
}

}  // namespace pxf::cli
