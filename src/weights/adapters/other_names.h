// What diffusers and transformers call the modules of the original checkpoints.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pxf {

struct NamePair {
  std::string original;  // "input_blocks.1.0.in_layers.2"
  std::string other;     // "down_blocks.0.resnets.0.conv1"
};

/// For the modules of a UNet; those that diffusers has no name for are left out.
std::vector<NamePair> diffusers_unet_names(const std::set<std::string>& modules);

/// OpenCLIP's text modules as transformers names them, without "text_model."; empty when it has no module for it.
std::string transformers_text_name(std::string_view open_clip);

}  // namespace pxf
