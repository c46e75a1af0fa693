// The model's noise schedule, for the few samplers that count in its time.
#pragma once

#include "sampling/samplers.h"

namespace pxf {

/// options.schedule, or what stands in for it.
inline const NoiseSchedule& schedule_of(const SamplerOptions& options) {
  static const NoiseSchedule sd = NoiseSchedule::scaled_linear(), flow = NoiseSchedule::flow();
  return options.schedule ? *options.schedule : options.flow ? flow : sd;
}

}  // namespace pxf
