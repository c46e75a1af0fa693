#include "text/token_chunks.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace pxf {

std::vector<TokenChunk> chunks(std::span<const std::int32_t> ids, const ChunkLayout& layout) {
  ChunkWriter writer(layout);
  for (const std::int32_t id : ids) {
    if (writer.room() == 0) writer.end_row();
    writer.add(id, 1);
  }
  std::vector<TokenChunk> out;
  for (WeightedChunk& row : writer.finish()) out.push_back(std::move(row.ids));
  return out;
}

ChunkWriter::ChunkWriter(const ChunkLayout& layout) : layout_(layout) {
  require(layout.length >= 3, "[chunks] length: got {}, need 3 or more (begin, an id, end)", layout.length);
}

void ChunkWriter::add(std::int32_t id, double weight) {
  ids_.push_back(id);
  weights_.push_back(weight);
}

void ChunkWriter::end_row(std::size_t keep) {
  const auto kept = static_cast<std::ptrdiff_t>(keep);
  WeightedChunk& row = rows_.emplace_back();
  row.ids.assign(layout_.length, layout_.pad);
  row.ids[0] = layout_.begin;
  *std::copy_n(ids_.begin(), kept, row.ids.begin() + 1) = layout_.end;
  row.weights.assign(layout_.length, 1);
  std::copy_n(weights_.begin(), kept, row.weights.begin() + 1);
  row.taken = capacity();
  ids_.erase(ids_.begin(), ids_.begin() + kept);
  weights_.erase(weights_.begin(), weights_.begin() + kept);
}

std::vector<WeightedChunk> ChunkWriter::finish() {
  if (!ids_.empty() || rows_.empty()) {
    const std::size_t taken = used();
    end_row();
    rows_.back().taken = taken;
  }
  return std::move(rows_);
}

}  // namespace pxf
