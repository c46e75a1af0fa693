// Which of a model's weights a name in an adapter file means. Files name a module after the program that trained them:
// kohya ("lora_unet_down_blocks_0_...", "lora_te_..."), diffusers and PEFT ("unet.down_blocks.0...", "text_encoder...",
// "base_model.model..."), ComfyUI ("diffusion_model.input_blocks.1..."), LyCORIS ("lycoris_..."), or the checkpoint's
// own. All follow by rule from the checkpoint's names, so a model of any size is served by the same code.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/scope.h"

namespace pxf {

/// A module of the model: its weight, its bias, or rows of both where one tensor holds several (a fused q, k and v).
struct ModulePlace {
  int part = 0;                         // 0: the network; 1, 2 ...: the text encoders in their order
  const Declaration* weight = nullptr;  // null when the module has none
  const Declaration* bias = nullptr;
  std::int64_t third = -1;  // 0, 1, 2: the first, second or last third of the rows; -1: all

  const std::string& name() const { return (weight != nullptr ? weight : bias)->name; }
};

class ModuleNames {
 public:
  /// Declarations of UNets as the original checkpoints name them, and of CLIP and OpenCLIP text encoders. The lists
  /// must outlive this.
  void add_network(const Declarations& declarations);
  void add_text(const Declarations& declarations);

  /// `target`: a name in an adapter file without the ending that says what the tensor is.
  std::optional<ModulePlace> find(std::string_view target) const;

 private:
  using Names = std::map<std::string, ModulePlace, std::less<>>;  // with all dots as underscores
  std::optional<ModulePlace> find_in(int part, std::string_view name) const;

  std::vector<Names> parts_ = std::vector<Names>(1);
};

}  // namespace pxf
