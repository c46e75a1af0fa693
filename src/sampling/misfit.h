// Pairs of a sampler and a scheduler whose pictures are known to come out broken, here as in the programs they are
// from: each sampler's row says what it stands (SamplerLimits), the sigmas say what it gets.
#pragma once

#include <string>

#include "sampling/samplers.h"
#include "sampling/schedulers.h"

namespace pxf {

/// What will be wrong with the pictures and what suits instead, in one sentence; empty where nothing is known against
/// the pair. `sigmas`: the run's, of `steps` steps. Of flows nothing is known: the limits were not sought for them.
std::string misfit(const SamplerEntry& sampler, const SchedulerEntry& scheduler, const NoiseSchedule& noise, int steps,
                   const Sigmas& sigmas);

}  // namespace pxf
