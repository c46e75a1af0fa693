// The spans of a prompt as rows of tokens with weights: where A1111 and ComfyUI start a new row.
//
// What a caller then does to the encoding z (rows, places, channels) of these rows, w being the weight of a place:
//   A1111 "Original"   z' = w z, and then z' * mean(z) / mean(z'), both means over a whole row of places and channels
//   A1111 "No norm"    z' = w z
//   ComfyUI            z' = e + w (z - e), e the encoding of an empty prompt's row at the same place
// and lays the rows side by side along the places. Pooled vectors, which SDXL takes of the first row, have no weights.
// Pure functions. Not here: the vectors that ids of embeddings (prompt_embeddings.h) stand for.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "text/clip_tokenizer.h"
#include "text/prompt_attention.h"
#include "text/prompt_embeddings.h"
#include "text/token_chunks.h"

namespace pxf {

/// A1111's rows. BREAK ends a row. When a row is full and a comma lies among its last `comma_backtrack` ids, what
/// follows that comma goes to the next row (0: never). An embedding is never cut in two: where it does not fit, a new
/// row begins. The sum of `taken` over the rows is A1111's count of tokens.
/// Throws invalid_argument for an embedding that no row holds.
std::vector<WeightedChunk> a1111_chunks(const ClipTokenizer& tokenizer, std::span<const WeightedText> spans,
                                        const ChunkLayout& layout = {}, std::size_t comma_backtrack = 20,
                                        std::span<const PromptEmbedding> embeddings = {});

/// ComfyUI's rows. A span of fewer than 8 ids is not cut in two, unless a row has no room for it at all. A span that
/// names embeddings is one span for each name and the words after it; the name of an embedding that is not in the list
/// is words like any others.
std::vector<WeightedChunk> comfy_chunks(const ClipTokenizer& tokenizer, std::span<const WeightedText> spans,
                                        const ChunkLayout& layout = {},
                                        std::span<const PromptEmbedding> embeddings = {});

}  // namespace pxf
