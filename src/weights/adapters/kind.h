// The kinds of change that adapters make to a weight, and what each needs.
//   W' = W + strength (W1 - W),   W1 being the weight as the trainer's own program merges it at strength 1.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "weights/adapters/adapter.h"

namespace pxf {

/// A weight as adapters see it: (out, in, taps); taps are a convolution's kernel places. Vectors are (n, 1, 1).
struct WeightShape {
  std::int64_t out = 1, in = 1, taps = 1;

  explicit WeightShape(const Shape& shape);
  WeightShape(std::int64_t o, std::int64_t i, std::int64_t t) : out(o), in(i), taps(t) {}
  std::int64_t columns() const { return in * taps; }
};

/// What one merge works on.
struct Merge {
  const AdapterModule& module;
  WeightShape shape;
  double strength;
  std::span<float> weight;     // out x columns(), changed in place
  ThreadPool* pool = nullptr;  // null: on this thread

  float* row(std::int64_t i) const { return weight.data() + i * shape.columns(); }
};

/// Adds strength (W1 - W) to the rows [first, first + count), which begin at `w`. Safe on many threads.
using RowChange = std::function<void(std::int64_t first, std::int64_t count, float* w)>;

struct AdapterKind {
  std::string_view title;               // "LoRA"
  std::vector<std::string_view> marks;  // a module with any of these factors is of this kind
  /// What it lacks, as words; empty when it has all it needs.
  std::string (*missing)(const AdapterModule&) = nullptr;
  /// The rank that alpha is divided by; null when nothing is.
  std::int64_t (*rank)(const AdapterModule&) = nullptr;
  /// "lora_up: got (…), need (…)" when the module cannot change a weight of this shape; empty when it can.
  std::string (*misfit)(const AdapterModule&, const WeightShape&) = nullptr;
  /// One of the two is there. Adds strength (W1 - W): `by_rows` for some rows at a time, with what all rows need read
  /// once; `apply` for all, where a row's change depends on other rows or is as easily made with them.
  RowChange (*by_rows)(const AdapterModule&, const WeightShape&, double strength) = nullptr;
  void (*apply)(const Merge&) = nullptr;
};

AdapterKind lora_kind();
AdapterKind loha_kind();
AdapterKind lokr_kind();
AdapterKind glora_kind();
AdapterKind ia3_kind();
AdapterKind peft_ia3_kind();
AdapterKind oft_kind();
AdapterKind peft_oft_kind();
AdapterKind peft_boft_kind();
AdapterKind full_kind();
AdapterKind replacement_kind();

/// The only list; the first that a module has a mark of is its kind.
std::span<const AdapterKind> adapter_kinds();

/// Extent i of a factor; 0 when it is undefined, 1 when it has fewer extents.
std::int64_t read_extent(const Weight& factor, int i);
/// "has lora_up but no lora_down": for the first of the names that it lacks; empty when it has all.
std::string missing_of(const AdapterModule& module, std::initializer_list<std::string_view> names);
/// Empty when factor `name` has `rows` as its outermost extent and rows x columns elements, or is absent.
std::string misfit_of(const AdapterModule& module, std::string_view name, std::int64_t rows, std::int64_t columns);
/// The first that is not empty.
std::string first_misfit(std::initializer_list<std::string> checks);

}  // namespace pxf
