// The ways to make one tensor of several models' tensors. Each gives elements that are computed as they are read, so
// that a merge takes the memory of a slice; sums are f64, whatever the types of the files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "ops/weight.h"

namespace pxf {

/// One tensor, as all models have it.
struct MergeInputs {
  std::string name;             // in a whole checkpoint
  std::vector<Weight> models;   // of as many elements each, the first one being A
  std::vector<double> weights;  // one for each model
  Weight base = {};             // of methods that merge differences
  double strength = 1;          // ties, dare: of the merged difference
  double density = 1;           // ties, dare: the share of each difference that is kept
  std::uint64_t seed = 0;       // dare
  ThreadPool* pool = nullptr;   // for what must be known of whole tensors; may be null
};

using MergedElements = std::shared_ptr<ComputedElements>;

/// sum of weight * model. A1111's "weighted sum" with the weights 1 - M and M.
MergedElements weighted_sum(MergeInputs inputs);

/// A + sum over the others of weight * (model - base). A1111's "add difference".
MergedElements add_difference(MergeInputs inputs);

/// On the great circle through two models' tensors, a share weights[1] of the way from A. Shoemake 1985, "Animating
/// Rotation with Quaternion Curves". Angles are those of whole tensors, lengths are not evened out, and what is nearly
/// parallel (|cos| > 0.9995) is mixed straight, as in mergekit.
MergedElements slerp(MergeInputs inputs);

/// base + strength * the mean of differences that agree. Yadav et al. 2023, "TIES-Merging: Resolving Interference When
/// Merging Models" (arXiv 2306.01708): of each difference the `density` largest elements of the tensor are kept, each
/// element's sign is that of the weighted sum of what is kept, and the weighted mean is taken over the models whose
/// element has this sign. Weights must not be negative.
MergedElements ties(MergeInputs inputs);

/// base + strength * sum of weight * difference, of which a share `density` is kept by chance and divided by it. Yu et
/// al. 2023, "Language Models are Super Mario: Absorbing Abilities from Homologous Models as a Free Lunch" (arXiv
/// 2311.03099). Whether an element is kept depends on the seed, the tensor's name, the model's place and its index.
MergedElements dare(MergeInputs inputs);

}  // namespace pxf
