// Places of a feature map that are alike count as one in self-attention. Bolya and Hoffman 2023, "Token Merging for
// Fast Stable Diffusion".
#pragma once

#include <cstdint>
#include <vector>

#include "models/unet/transformer.h"

namespace pxf::unet {

/// Which places of x (B, N, C), a map of these sides, are merged into which: of every 2 x 2 the upper left one stays,
/// and of the others `ratio` N, those with the most similar of these. Their cosine decides; section 4.1.
/// The paper draws at random which of the four stays; here it is always the same, so that a picture does not depend on
/// what it is computed with, and comes out as A1111's setting of this name has it, which draws none either.
class MergedPlaces {
 public:
  MergedPlaces(const Tensor& x, const Sides& sides, double ratio);

  /// (B, N, C) -> (B, merged, C), means of what is merged.
  Tensor merge(const Tensor& x) const;
  /// (B, merged, C) -> (B, N, C): each place gets what the one has that it was merged into.
  Tensor unmerge(const Tensor& x) const;

 private:
  void match(const Tensor& x, std::int64_t picture, std::int64_t count);
  /// Of each of the others: the one that it would go into, by its number among those that stay, and how alike they are.
  struct Match {
    std::vector<float> similarity;
    std::vector<std::int64_t> with;
  };
  Match matches(const Tensor& x, std::int64_t picture) const;

  std::int64_t pictures_, places_, merged_;
  std::vector<std::int64_t> stay_, others_;  // places of the map
  std::vector<std::int64_t> into_;           // (B, N): places of the merged map
};

/// The block with its self-attention over merged places.
Tensor with_merged_places(const TransformerBlock& block, const Tensor& x, const Tensor& context, const Sides& sides,
                          double ratio);

}  // namespace pxf::unet
