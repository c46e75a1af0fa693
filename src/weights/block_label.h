// Names of the blocks that the tensors of any model lie in, for people.
#pragma once

#include <string>
#include <string_view>

namespace pxf {

/// "IN04" and "time_embed" of a UNet, "TE03" of a text encoder ("TE2.03" of the second one), "decoder.up.01" of a VAE,
/// "double_blocks.07" of a transformer, "lora_unet_down_blocks_01" of a LoRA. By a name in a whole checkpoint. Sorted
/// as texts they come in the order of the model, where the model's names tell it.
std::string block_label(std::string_view tensor);

}  // namespace pxf
