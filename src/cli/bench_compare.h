// A result of `bench --json` held against an earlier one.
#pragma once

#include <string>
#include <vector>

#include "json/json.h"

namespace pxf::cli {

struct BenchChange {
  std::string name;                                                // "unet.step"
  double before = 0, after = 0;                                    // medians in seconds; bytes of "peak_memory"
  double ratio() const { return after > 0 ? before / after : 0; }  // above 1: better than before
};

struct BenchComparison {
  std::vector<BenchChange> changes;      // of the rows that both have, in the order of the later
  std::vector<std::string> differences;  // in what the two were run with: "threads: 2 before, 4 now"
};

/// Both as `bench --json` prints them. Errors: bad_file when `before` is something else.
Result<BenchComparison> compare_benches(const Json& before, const Json& after);

Json comparison_json(const BenchComparison& comparison);

}  // namespace pxf::cli
