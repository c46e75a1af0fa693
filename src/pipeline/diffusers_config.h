// What diffusers and transformers are told of a checkpoint's parts beside their tensors.
#pragma once

#include <map>
#include <span>
#include <string>

#include "models/family.h"
#include "weights/diffusers_names.h"

namespace pxf {

/// Texts of JSON files by their place in the folder ("unet/config.json"), with the tokenizers' files. Throws Failure:
/// unsupported for what diffusers cannot be told (sides of the VAE of different widths, no way to encode).
std::map<std::string, std::string> diffusers_configs(const Model& model, std::span<const DiffusersPart> parts);

}  // namespace pxf
