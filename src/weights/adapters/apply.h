// Putting adapters into a bound model, and taking them off again.
// Merged weights are computed (f32, whatever the file's type) as a kernel reads them to make its form of them, and are
// nowhere kept: an adapter costs the memory of its own file, not that of a second model, and no rounding to f16. The
// linear layers of text encoders act with a LoRA's terms beside their own weight instead, which is the same picture
// within rounding, and need not be made anew for another strength.
// Several adapters on one weight are applied in their order.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "weights/adapters/adapter.h"
#include "weights/adapters/block_weights.h"
#include "weights/adapters/module_names.h"

namespace pxf {

/// One adapter and how strongly it acts; 0 leaves a part as it is, exactly.
struct AdapterUse {
  std::shared_ptr<const Adapter> adapter;
  double network = 1, text = 1;
  std::optional<BlockWeights> blocks = {};  // factors of these; none: 1 everywhere
};

/// What became of one adapter's modules.
struct AdapterReport {
  std::int64_t applied = 0, total = 0;
  std::vector<std::string> unknown;      // targets and tensors that no weight of the model is
  std::vector<std::string> wrong_shape;  // "name: lora_up: got (…), need (…)"
};

/// The weights that were replaced. Movable; destroying it leaves them in.
class AppliedAdapters {
 public:
  const std::vector<AdapterReport>& reports() const noexcept { return reports_; }
  /// Of the weights that kernels make new forms of.
  std::vector<Shape> shapes() const;
  /// What they were replaced by, under the names that the file gives them.
  std::vector<Weight> weights() const;
  /// Puts the original handles back, those that bind_weights gave.
  void take_off();

 private:
  friend AppliedAdapters apply_adapters(const ModuleNames&, std::span<const AdapterUse>, ThreadPool*);
  struct Replaced {
    Weight* where;
    Weight original;
  };
  std::vector<Replaced> replaced_;
  std::vector<AdapterReport> reports_;
};

/// Replaces the weights that `names` knows, in place; the declarations must be bound. A report for each use, in order.
/// Modules that do not fit are left out and reported. `pool` (may be null) outlives the weights. Not safe while the
/// model is used.
AppliedAdapters apply_adapters(const ModuleNames& names, std::span<const AdapterUse> uses, ThreadPool* pool);

}  // namespace pxf
