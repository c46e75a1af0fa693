// The sizes of a UNet, read from its tensors' names and shapes: any width, depth and number of levels.
#pragma once

#include <cstdint>
#include <vector>

#include "weights/catalog.h"

namespace pxf::unet {

/// What shapes do not tell.
struct Hints {
  std::int64_t heads = 8;       // in every block, whatever its width
  std::int64_t head_width = 0;  // not 0: width / head_width heads instead
  std::int64_t groups = 32;

  std::int64_t heads_of(std::int64_t width) const { return head_width > 0 ? width / head_width : heads; }
};

struct Layout {
  struct Block {
    bool resnet = false;  // else a downsampler alone
    std::int64_t in = 0, out = 0;
    std::int64_t depth = 0;  // transformer blocks; 0: no attention
    bool upsample = false;   // at the block's end
  };
  std::int64_t in_channels = 0, out_channels = 0, channels = 0, embedding = 0, context = 0;
  std::int64_t vector = 0;  // width of the conditioning's vector; 0: none
  std::int64_t middle_depth = 0;
  std::vector<Block> down;  // input_blocks.1 and on
  std::vector<Block> up;    // output_blocks.0 and on
  Hints hints;
};

/// `names` are those under "model.diffusion_model". Throws Failure(bad_file) when they make no UNet or its head or
/// group counts do not fit its widths; tensors that are merely absent are left to the loading report.
Layout read_layout(const Catalog& names, Hints hints);

}  // namespace pxf::unet
