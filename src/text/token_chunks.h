// Ids of any number as the rows of fixed length that a text encoder takes. Every row is made here; where a prompt with
// weights is cut into rows is the prompt language's affair (prompt_chunks.h).
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

/// A row with a weight for each of its places: 1 for begin, end and padding.
struct WeightedChunk {
  TokenChunk ids;
  std::vector<double> weights;
  /// Places that the prompt used up: its ids, and in a row that was ended early all the rest too.
  std::size_t taken = 0;
};

/// As many rows as the ids need, at least one: an empty prompt is a row too.
/// Throws invalid_argument when `length` leaves no room for an id.
std::vector<TokenChunk> chunks(std::span<const std::int32_t> ids, const ChunkLayout& layout = {});

/// Writes rows one after another. Throws as above.
class ChunkWriter {
 public:
  explicit ChunkWriter(const ChunkLayout& layout);

  std::size_t used() const { return ids_.size(); }
  std::size_t capacity() const { return layout_.length - 2; }
  std::size_t room() const { return capacity() - used(); }

  /// Adds to the row; there must be room.
  void add(std::int32_t id, double weight);
  /// Ends the row after its first `keep` ids; the others go to the next one.
  void end_row(std::size_t keep);
  void end_row() { end_row(used()); }
  /// All rows; the last one is dropped when it is empty and not the only one.
  std::vector<WeightedChunk> finish();

 private:
  ChunkLayout layout_;
  std::vector<std::int32_t> ids_;
  std::vector<double> weights_;
  std::vector<WeightedChunk> rows_;
};

}  // namespace pxf
