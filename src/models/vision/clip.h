// A whole CLIP: a picture and a text as rows of one space, in which what belongs together is near. Radford et al. 2021.
// As transformers saves CLIPModel (openai/clip-vit-*, laion/CLIP-ViT-*). Immutable once bound.
#pragma once

#include <memory>
#include <string>

#include "models/text/clip.h"
#include "models/vision/clip_vision.h"

namespace pxf::vision {

class Clip {
 public:
  /// `config` is the text of its config.json, for what shapes do not tell: heads and activation; empty: those of the
  /// published sizes, and OpenAI's activation. Reads no weights. Throws Failure: unsupported (no such file, with what
  /// it lacks), bad_file (tensors).
  Clip(const Catalog& file, const std::string& config);

  /// Pictures as ClipVision takes them -> (B, width of both). Not of length 1.
  Tensor of_pictures(const Tensor& pictures) const;
  /// Tokens (B, N) with begin and end -> (B, width of both).
  Tensor of_texts(const Tensor& ids) const;

  std::int64_t side() const noexcept { return vision_->layout().side; }
  const TextEncoder& text() const noexcept { return *text_; }

 private:
  std::unique_ptr<ClipVision> vision_;
  std::unique_ptr<text::ClipText> text_;
  Linear visual_projection_, text_projection_;
  Declarations declarations_;
};

}  // namespace pxf::vision
