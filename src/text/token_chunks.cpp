#include "text/token_chunks.h"

#include <algorithm>

#include "base/error.h"

namespace pxf {

std::vector<TokenChunk> chunks(std::span<const std::int32_t> ids, const ChunkLayout& layout) {
  require(layout.length >= 3, "[chunks] length: got {}, need 3 or more (begin, an id, end)", layout.length);
  std::vector<TokenChunk> out;
  do {
    const auto part = ids.first(std::min(ids.size(), layout.length - 2));
    ids = ids.subspan(part.size());
    TokenChunk& chunk = out.emplace_back(layout.length, layout.pad);
    chunk[0] = layout.begin;
    *std::copy(part.begin(), part.end(), chunk.begin() + 1) = layout.end;
  } while (!ids.empty());
  return out;
}

}  // namespace pxf
