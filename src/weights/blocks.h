// The blocks of a UNet, as per-block weights number and name them: those of supermerger and of lora-block-weight.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace pxf {

/// BASE is all that lies in no block: text encoders, the VAE, a UNet's time embedding and last layers. IN04 is
/// input_blocks.4, M00 middle_block, OUT11 output_blocks.11.
inline constexpr std::array<std::string_view, 26> kBlockNames{
    "BASE", "IN00",  "IN01",  "IN02",  "IN03",  "IN04",  "IN05",  "IN06",  "IN07",  "IN08",  "IN09",  "IN10",  "IN11",
    "M00",  "OUT00", "OUT01", "OUT02", "OUT03", "OUT04", "OUT05", "OUT06", "OUT07", "OUT08", "OUT09", "OUT10", "OUT11"};
inline constexpr std::size_t kFirstInput = 1, kMiddle = 13, kFirstOutput = 14, kBlocksOfASide = 12;

/// The place in kBlockNames of the block that a tensor lies in, by its checkpoint's name.
std::size_t block_of(std::string_view tensor) noexcept;

/// A number for some of the blocks.
using BlockValues = std::array<std::optional<double>, kBlockNames.size()>;

/// "IN=0.3,M00=1,OUT05=0.2": names of blocks, or IN, M and OUT for all of a side; a later one counts. Or numbers with
/// commas between them for all: 26 as kBlockNames has them, or SDXL's 20 (BASE, IN00 to 08, M00, OUT00 to 08).
/// Throws Failure(invalid_argument), for an unknown block with the nearest name.
BlockValues read_block_values(std::string_view text);

}  // namespace pxf
