// The way back of original_names.h: a checkpoint's parts under the names that diffusers and transformers give them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/tensor_source.h"
#include "weights/catalog.h"

namespace pxf {

struct DiffusersPart {
  std::string folder;  // "unet", "vae", "text_encoder", "text_encoder_2"
  std::shared_ptr<const TensorSource> tensors;
  Catalog original;        // what it is a view of, under the names that engines know
  bool open_clip = false;  // of a text encoder
};

/// Of SD 1.x, SD 2.x and SDXL: the UNet, then what else the file has. OpenCLIP's q, k and v become three tensors. What
/// has no place there is left out. Throws Failure(bad_file) for blocks in an order that no UNet has.
std::vector<DiffusersPart> diffusers_parts(const Catalog& file);

}  // namespace pxf
