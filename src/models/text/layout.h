// The sizes of CLIP text encoders, however their files name them, and what all of them do with rows of tokens.
#pragma once

#include <cstdint>

#include "models/parts.h"
#include "ops/weight.h"
#include "weights/catalog.h"

namespace pxf::text {

struct Layout {
  std::int64_t width = 0, layers = 0, heads = 0, hidden = 0, vocabulary = 0, positions = 0;
  std::int64_t projection = 0;  // width of the pooled row after its projection; 0: it is not projected
  bool final_norm = true;       // of the features; the pooled row always has it
  bool exact_gelu = false;      // of CLIPs trained by OpenCLIP in transformers' names; else x sigmoid(1.702 x)
  std::int64_t left_out = 0;    // last layers that the file lacks because nobody reads them; clip skip counts them
};

/// Where a kind of file keeps what tells the sizes.
struct Names {
  const char* tokens;     // (vocabulary, width)
  const char* positions;  // (positions, width)
  const char* layers;     // "layers.0." and on begin with it
  const char* hidden;     // of layer 0: (hidden, width)
};

/// `heads` 0 means width / 64, as all published sizes have it. Throws Failure(bad_file) when there is no such encoder.
Layout read_layout(const Catalog& file, const Names& names, std::int64_t heads);

/// Throws Failure(invalid_argument) unless ids are (B, 1 to positions), vectors are as wide as the encoder and
/// clip_skip names a layer.
void check_rows(const Layout& layout, const TextEncoder::Rows& rows, int clip_skip);
/// (B, N, width): the table's row of each id, or of those beyond the table the row of the vectors.
Tensor token_vectors(const Weight& table, const TextEncoder::Rows& rows);
/// ids (B, N) -> 0, 1, 2 ... N - 1 in every row.
Tensor places_of(const Tensor& ids);
/// x (B, N, C) -> (B, C): the row of each first end token, which has the highest id of the vocabulary.
Tensor rows_of_ends(const Tensor& x, const Tensor& ids, std::int64_t vocabulary);

}  // namespace pxf::text
