// CLIP's tower for pictures (a vision transformer), in the layout of Hugging Face's transformers. Radford et al. 2021.
#pragma once

#include <vector>

#include "models/text/clip.h"
#include "nn/layers.h"
#include "weights/catalog.h"

namespace pxf::vision {

struct Layout {
  std::int64_t width = 0, layers = 0, heads = 0, hidden = 0, patch = 0, side = 0;  // side: of a picture, in pixels
  bool exact_gelu = false;                                                         // as in text::Layout
};

/// `names` are those under "vision_model". `heads` 0: as the published sizes have them. Throws Failure(bad_file) when
/// there is no such tower.
Layout read_layout(const Catalog& names, std::int64_t heads);

class ClipVision {
 public:
  explicit ClipVision(const Layout& layout);
  ClipVision(const ClipVision&) = delete;
  ClipVision& operator=(const ClipVision&) = delete;

  /// Pictures (B, side, side, 3), normalised as in training -> (B, width): the class token's row, normed.
  Tensor encode(const Tensor& pictures) const;
  const Layout& layout() const noexcept { return layout_; }
  const Declarations& declarations() const noexcept { return declarations_; }

 private:
  Layout layout_;
  Declarations declarations_;
  Weight class_embedding_;
  Conv2d patches_;
  Embedding places_;
  LayerNorm before_, after_;
  std::vector<text::ClipLayer> layers_;
};

}  // namespace pxf::vision
