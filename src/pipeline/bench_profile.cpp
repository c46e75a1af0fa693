#include "pipeline/bench_profile.h"

#include <algorithm>
#include <cctype>

namespace pxf {
namespace {

using ProfileRow = BenchReport::ProfileRow;

// Up to and including the last dot that all have in common: what stands before a part's names.
std::size_t common_prefix(const std::vector<OpProfile::Row>& rows) {
  std::string common;
  for (const OpProfile::Row& row : rows) {
    if (row.layer.empty()) continue;
    if (common.empty()) common = row.layer;
    const auto [end, other] = std::ranges::mismatch(common, row.layer);
    common.erase(end, common.end());
  }
  return common.rfind('.') + 1;  // npos + 1 is 0
}

void add_to(std::vector<ProfileRow>& sums, const ProfileRow& key, const ProfileRow& row) {
  auto sum = std::ranges::find_if(sums, [&](const ProfileRow& s) {
    return s.part == key.part && s.block == key.block && s.op == key.op && s.layer == key.layer;
  });
  if (sum == sums.end()) sum = sums.insert(sums.end(), key);
  sum->calls += row.calls;
  sum->seconds += row.seconds;
  sum->gflop += row.gflop;
  sum->bytes += row.bytes;
}

}  // namespace

std::string block_of(const std::string& layer) {
  std::size_t begin = 0;
  while (begin < layer.size()) {
    const std::size_t end = std::min(layer.find('.', begin), layer.size());
    const bool numbered = end > begin && std::isdigit(static_cast<unsigned char>(layer[end - 1]));
    if (numbered && !layer.substr(0, begin).ends_with("embedders.")) return layer.substr(0, end);
    begin = end + 1;
  }
  return layer;
}

void add_profile(BenchReport& report, const std::string& part, const OpProfile& profile, double seconds) {
  const std::size_t prefix = common_prefix(profile.rows());
  ProfileRow other{.part = part, .block = "other", .layer = {}, .op = "other", .kernel = {}, .seconds = seconds};
  const std::size_t first_op = report.ops.size();
  for (const OpProfile::Row& row : profile.rows()) {
    const std::string block = row.layer.size() > prefix ? block_of(row.layer.substr(prefix)) : "";
    report.layers.push_back(
        {part, block, row.layer, row.op, row.kernel, row.calls, row.seconds, row.flops * 1e-9, row.bytes});
    other.seconds -= row.seconds;
  }
  other.seconds = std::max(0.0, other.seconds);
  report.layers.push_back(other);
  for (const ProfileRow& row : report.layers) {
    if (row.part != part) continue;
    add_to(report.blocks, {.part = part, .block = row.block, .layer = {}, .op = {}, .kernel = {}}, row);
    add_to(report.parts, {.part = part, .block = {}, .layer = {}, .op = {}, .kernel = {}}, row);
    add_to(report.ops, {.part = part, .block = {}, .layer = {}, .op = row.op, .kernel = {}}, row);
  }
  std::sort(report.ops.begin() + static_cast<std::ptrdiff_t>(first_op), report.ops.end(),
            [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
}

}  // namespace pxf
