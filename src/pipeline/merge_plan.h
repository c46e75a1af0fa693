// What a merge will compute, settled from names, types and shapes before a weight is read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "pixelforge/merge.h"
#include "weights/model_tensors.h"

namespace pxf {

/// The models of a merge, A first, and the base where the method has one.
struct MergeSources {
  std::vector<ModelTensors> models;
  std::vector<ModelTensors> base;  // one or none
};

struct MergePlan {
  std::map<std::string, Weight, std::less<>> computed;  // by the names that A has them under
  std::vector<std::string> from_a;                      // names: another model lacks them
  std::int64_t left_out = 0;                            // of the others, what A lacks
};

/// Throws Failure(invalid_argument) for options that do not go together. Opens nothing.
void check_merge(const MergeOptions& options);
/// Throws Failure(unsupported) for models of different kinds, families or shapes, with both names. `pool` (may be null)
/// outlives the plan.
MergePlan plan_merge(const MergeSources& sources, const MergeOptions& options, ThreadPool* pool);

/// "weighted", "add-difference" ...
std::string_view to_string(MergeMethod method) noexcept;

}  // namespace pxf
