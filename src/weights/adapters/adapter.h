// What an adapter file (LoRA, LyCORIS, PEFT) holds: for each weight that it changes, a few small tensors.
// Reading looks at names and shapes, and at the alphas; the tensors themselves are read when a weight is merged.
// Not here: which weight of a model a target is (module_names.h), putting changes into a model (apply.h).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weights/adapters/adapter_config.h"
#include "weights/catalog.h"

namespace pxf {

struct AdapterKind;

/// What changes one module: its weight, its bias, or both.
struct AdapterModule {
  std::string target;                 // as the file spells it: "lora_unet_down_blocks_0_...", "unet.down_blocks.0..."
  const AdapterKind* kind = nullptr;  // of the change of the weight; null when only the bias changes
  // By one name each, however the file spells it: "lora_up", "hada_w1_a", "dora_scale", "diff_b" ...
  std::map<std::string, Weight, std::less<>> factors;
  double scale = 1;       // of a low-rank change: alpha / rank
  double constraint = 0;  // of a rotation, for each output channel
  AdapterConfig config;

  bool has(std::string_view factor) const { return factors.contains(factor); }
  /// Undefined when it is not there.
  Weight factor(std::string_view name) const;
  /// Of a low-rank change, 0 for others.
  std::int64_t rank() const;
};

struct Adapter {
  std::string name;  // the file's
  std::vector<AdapterModule> modules;
  std::vector<std::string> unknown;  // tensors of no kind known here
};

/// Throws Failure(bad_file), naming the tensor: half of a pair is missing, alpha or rank is 0, alpha is no number.
Adapter read_adapter(const Catalog& file, const AdapterConfig& config = {});

/// Throws Failure(bad_file) naming the first tensor that holds NaN or infinity. Reads all of them.
void check_finite(const Adapter& adapter);

}  // namespace pxf
