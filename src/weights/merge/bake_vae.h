// A checkpoint seen with another file's VAE in place of its own.
#pragma once

#include <memory>

#include "weights/model_tensors.h"

namespace pxf {

/// The checkpoint's tensors and metadata, its VAE's tensors being those of `vae`, of their types. What a checkpoint
/// without a VAE lacks is added. Throws Failure(unsupported) when `vae` holds none or one of another architecture.
std::shared_ptr<const TensorSource> with_vae(const ModelTensors& checkpoint, const ModelTensors& vae);

}  // namespace pxf
