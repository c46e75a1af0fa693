// Noise added before a step: Karras et al. 2022, algorithm 2.
#pragma once

#include "sampling/samplers.h"

namespace pxf {

struct Churned {
  Tensor x;
  double sigma;
};

/// x raised from sigmas[i] to more noise; as it is without churn.
Churned churn(Tensor x, const Sigmas& sigmas, std::size_t i, const SamplerOptions& options);

}  // namespace pxf
