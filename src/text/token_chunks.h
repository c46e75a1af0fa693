// Ids of any number as the rows of fixed length that a text encoder takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pxf {

/// One row: begin, at most length - 2 ids, end, then padding.
using TokenChunk = std::vector<std::int32_t>;

/// How an encoder wants its rows. The defaults are CLIP-L's; OpenCLIP-G pads with 0; an encoder of a cut-down
/// vocabulary has its last two ids as begin and end.
struct ChunkLayout {
  std::int32_t begin = 49406;
  std::int32_t end = 49407;
  std::int32_t pad = 49407;
  std::size_t length = 77;
};

/// As many rows as the ids need, at least one: an empty prompt is a row too.
/// Throws invalid_argument when `length` leaves no room for an id.
std::vector<TokenChunk> chunks(std::span<const std::int32_t> ids, const ChunkLayout& layout = {});

}  // namespace pxf
