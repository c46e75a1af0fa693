// Attaching a file's tensors to what a model declares, strictly: every declared weight must be there in its shape, and
// what the file holds besides is named.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "nn/scope.h"
#include "weights/catalog.h"

namespace pxf {

struct LoadReport {
  std::vector<std::string> missing;      // whole names, with the part's prefix
  std::vector<std::string> wrong_shape;  // "name: got (…), need (…)"
  std::vector<std::string> unexpected;   // in the file, declared by no part
  std::vector<std::string> used;

  bool complete() const noexcept { return missing.empty() && wrong_shape.empty(); }
  /// The first few names of what is wrong, as one sentence; empty when complete.
  std::string problem() const;
};

/// Gives each declared weight its tensor and adds to the report. Shapes may differ in trailing extents of 1, as files
/// disagree about whether a 1x1 convolution has them. Reads no weights.
void bind_weights(const Declarations& declarations, const Catalog& catalog, LoadReport& report);

/// Fills `unexpected` with the names of the file that are not in `used`. Call when all parts are bound.
void note_unexpected(const Catalog& file, LoadReport& report);

/// Elements and bytes (as stored) of the declared weights.
struct Extent {
  std::int64_t parameters = 0;
  std::int64_t bytes = 0;
};
Extent extent_of(const Declarations& declarations);

}  // namespace pxf
