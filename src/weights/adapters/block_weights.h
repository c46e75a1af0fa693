// How strongly an adapter acts on each block of a UNet, as sd-webui-lora-block-weight ("lbw") writes it.
#pragma once

#include <array>
#include <string_view>

namespace pxf {

/// Factors of the adapter's strength. Blocks are numbered as checkpoints name them: input_blocks.0 ...
/// output_blocks.11.
struct BlockWeights {
  double base = 1;  // text encoders, and what lies in no block
  std::array<double, 12> input{}, output{};
  double middle = 0;

  /// Of a tensor of the UNet, by the checkpoint's name for it.
  double of(std::string_view tensor) const;
};

/// "1,0,0,0.5,…": 17 numbers (BASE, IN01 02 04 05 07 08, MID, OUT03 to 11: the blocks with attention of SD 1 and 2), 12
/// (BASE, IN04 05 07 08, MID, OUT00 to 05: SDXL's), 20 (BASE, IN00 to 08, MID, OUT00 to 08) or 26 (BASE, IN00 to 11,
/// MID, OUT00 to 11); blocks that a list does not name get 0. Or one of lbw's names: ALL, NONE, INS, IND, INALL, MIDD,
/// OUTD, OUTS, OUTALL. Throws Failure(invalid_argument) for anything else.
BlockWeights read_block_weights(std::string_view text);

}  // namespace pxf
