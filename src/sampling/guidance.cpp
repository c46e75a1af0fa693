#include "sampling/guidance.h"

#include "ops/elementwise.h"

namespace pxf {

Tensor cfg(Tensor cond, const Tensor& uncond, double scale) {
  return weighted_sum(scale, std::move(cond), 1 - scale, uncond);
}

}  // namespace pxf
