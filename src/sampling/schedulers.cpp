#include "sampling/schedulers.h"

#include <algorithm>
#include <array>

#include "sampling/names.h"
#include "sampling/schedules/schedules.h"

namespace pxf {
namespace {

constexpr int kMostSteps = 10'000;

constexpr std::array kSchedulers{
    SchedulerEntry{"normal", "Normal", "Uniform, discrete", normal_schedule},
    SchedulerEntry{"karras", "Karras", "use_karras_sigmas", karras_schedule},
    SchedulerEntry{"exponential", "Exponential", "use_exponential_sigmas", exponential_schedule},
    SchedulerEntry{"sgm_uniform", "SGM Uniform", "", sgm_uniform_schedule},
    SchedulerEntry{"simple", "Simple", "", simple_schedule},
    SchedulerEntry{"ddim_uniform", "DDIM", "", ddim_uniform_schedule},
};

}  // namespace

std::span<const SchedulerEntry> all_schedulers() noexcept { return kSchedulers; }

Result<const SchedulerEntry*> find_scheduler(std::string_view name) {
  return find_by_name("scheduler", all_schedulers(), name);
}

Sigmas make_sigmas(const SchedulerEntry& scheduler, const NoiseSchedule& noise, int steps, double denoise) {
  require(steps >= 1 && steps <= kMostSteps, "[sigmas] steps: got {}, need 1 to {}", steps, kMostSteps);
  require(denoise >= 0 && denoise <= 1, "[sigmas] denoise: got {}, need 0 to 1", denoise);
  if (denoise == 0) return {};
  if (denoise > 0.9999) return scheduler.sigmas(noise, steps);
  const double laid_out = steps / denoise;
  require(laid_out <= kMostSteps,
          "[sigmas] denoise: got {} with {} steps, need {} or more; 0 leaves the picture as it is", denoise, steps,
          static_cast<double>(steps) / kMostSteps);
  const Sigmas all = scheduler.sigmas(noise, static_cast<int>(laid_out));
  const auto kept = std::min(all.size(), static_cast<std::size_t>(steps) + 1);
  return {all.end() - static_cast<std::ptrdiff_t>(kept), all.end()};
}

}  // namespace pxf
