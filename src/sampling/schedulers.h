// The schedulers by name, and a run's sigmas from one of them.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"
#include "sampling/sigmas.h"

namespace pxf {

struct SchedulerEntry {
  std::string_view name;     // ComfyUI's
  std::string_view label;    // A1111's, for people and for a picture's parameters
  std::string_view aliases;  // of A1111, diffusers, stable-diffusion.cpp; comma-separated
  Sigmas (*sigmas)(const NoiseSchedule& noise, int steps);
  bool for_flows = false;  // of no use to other models, though it gives them sigmas
};

std::span<const SchedulerEntry> all_schedulers() noexcept;

/// By any of its names, however spelled ("SGM Uniform", "sgm-uniform"). Error: invalid_argument, with the nearest name.
Result<const SchedulerEntry*> find_scheduler(std::string_view name);

/// The sigmas of `steps` steps. With denoise < 1, as for image-to-image, int(steps / denoise) steps are laid out and
/// the last ones taken, as ComfyUI's KSampler does; above 0.9999 counts as 1; 0 takes no step and gives no sigmas. They
/// fall strictly: a level that a schedule repeats is taken once, so there may be fewer.
/// drop_sigma, for samplers that need it (SamplerNeeds::dropped_sigma): one step more is laid out, and the sigma before
/// the last left out.
/// Throws invalid_argument for steps outside 1 to 10,000, denoise outside 0 to 1, a denoise so small that the steps
/// laid out would be more than 10,000, or a schedule that was sought for other models.
Sigmas make_sigmas(const SchedulerEntry& scheduler, const NoiseSchedule& noise, int steps, double denoise = 1,
                   bool drop_sigma = false);

}  // namespace pxf
