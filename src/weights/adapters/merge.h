// One weight with one adapter's change in it.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/thread_pool.h"
#include "ops/weight.h"
#include "weights/adapters/adapter.h"
#include "weights/adapters/kind.h"

namespace pxf {

/// "lora_up: got (…), need (…)" when the module cannot change a weight of this shape; empty when it can.
std::string weight_misfit(const AdapterModule& module, const Shape& shape);
/// The same for a bias of this shape.
std::string bias_misfit(const AdapterModule& module, const Shape& shape);

/// weight = weight + strength (W1 - weight), W1 being the trainer's merge at strength 1: linear in the strength for
/// every kind, DoRA and rotations too. `pool` may be null. The module must fit.
void merge_weight(const AdapterModule& module, double strength, const Shape& shape, std::span<float> weight,
                  ThreadPool* pool);
/// The same for some rows at a time, with the factors read once; null for kinds whose rows depend on each other.
RowChange row_change(const AdapterModule& module, double strength, const Shape& shape);
/// The change as a term of low rank, of a matrix that takes more work to merge it into than to multiply a few hundred
/// vectors by; nullopt for other kinds, for convolutions' places and where the rank is not low.
std::optional<LowRankSum::Term> low_rank_term(const AdapterModule& module, double strength, const Shape& shape);
/// bias = bias + strength diff_b.
void merge_bias(const AdapterModule& module, double strength, std::span<float> bias);

}  // namespace pxf
