// Which tensors of a checkpoint may lose precision, and which may go: by their names and shapes, as
// stable-diffusion.cpp and ComfyUI-GGUF have it (docs/converting.md).
#pragma once

#include <string_view>

#include "tensor/shape.h"

namespace pxf {

/// What inference never reads: optimizer states, averages kept beside the weights, schedules and other constants.
bool only_for_training(std::string_view name) noexcept;

/// A matrix or kernel in the middle of a network or text encoder. Not norms, biases, embeddings of text, time and
/// place, the first and last layers, small ones, and nothing of a VAE: little of a file and much of its pictures.
bool bears_quantising(std::string_view name, const Shape& shape) noexcept;

/// The name that ComfyUI-GGUF and its kin want in a GGUF file for a family here ("sd1", "flux").
std::string_view gguf_architecture(std::string_view family) noexcept;

}  // namespace pxf
