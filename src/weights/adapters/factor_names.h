// The names under which files keep an adapter's tensors.
#pragma once

#include <optional>
#include <string_view>

namespace pxf {

struct FactorName {
  std::string_view target;  // what it changes
  std::string_view factor;  // "lora_up"
};

/// "lora_unet_x.lora_B.weight" as {"lora_unet_x", "lora_up"}: one name for each factor, however it is spelled. Nothing
/// for names of no adapter. (IA3's ".weight" is told by its neighbour ".on_input": read_adapter does that.)
std::optional<FactorName> split_factor_name(std::string_view tensor);

}  // namespace pxf
