// The modules of a checkpoint that a LoRA can change, by the names that kohya's scripts give them.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace pxf {

struct KohyaModule {
  std::string target;  // "lora_unet_down_blocks_0_attentions_0_proj_in"
  std::string weight;  // the tensor in a whole checkpoint; empty when it has none
  std::string bias;    // likewise
  int third = -1;      // 0, 1, 2: rows of a fused q, k and v; -1: all
};

/// Of a UNet (SD 1.x, SD 2.x, SDXL) and CLIP and OpenCLIP text encoders. `tensors`: names in a whole checkpoint. Not
/// the embeddings of tokens and places.
std::vector<KohyaModule> kohya_modules(const std::set<std::string>& tensors);

}  // namespace pxf
