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
    SchedulerEntry{"exponential", "Exponential", "use_exponential_sigmas, polyexponential", exponential_schedule},
    SchedulerEntry{"sgm_uniform", "SGM Uniform", "", sgm_uniform_schedule},
    SchedulerEntry{"simple", "Simple", "", simple_schedule},
    SchedulerEntry{"ddim_uniform", "DDIM", "", ddim_uniform_schedule},
    SchedulerEntry{"beta", "Beta", "", beta_schedule},
    SchedulerEntry{"kl_optimal", "KL Optimal", "", kl_optimal_schedule},
    SchedulerEntry{"linear_quadratic", "Linear Quadratic", "", linear_quadratic_schedule, true},
    SchedulerEntry{"align_your_steps", "Align Your Steps", "ays", align_your_steps_schedule},
    SchedulerEntry{"gits", "GITS", "", gits_schedule},
    SchedulerEntry{"optimal_steps", "Optimal Steps", "optimalsteps", optimal_steps_schedule},
    SchedulerEntry{"laplace", "Laplace", "", laplace_schedule},
    SchedulerEntry{"vp", "VP", "", vp_schedule},
    SchedulerEntry{"trailing", "Turbo", "ddim_trailing, sd_turbo", trailing_schedule},
    SchedulerEntry{"leading", "Leading", "", leading_schedule},
    SchedulerEntry{"lcm", "LCM", "", lcm_schedule},
    SchedulerEntry{"flow_uniform", "Flow Uniform", "flux", flow_uniform_schedule},
    // What A1111 and Forge mean by a name that ComfyUI uses otherwise.
    SchedulerEntry{"a1111_beta", "Beta (A1111)", "use_beta_sigmas", a1111_beta_schedule},
    SchedulerEntry{"a1111_kl_optimal", "KL Optimal (A1111)", "", a1111_kl_optimal_schedule},
    SchedulerEntry{"align_your_steps_11", "Align Your Steps 11", "a1111_align_your_steps",
                   align_your_steps_11_schedule},
    SchedulerEntry{"align_your_steps_32", "Align Your Steps 32", "", align_your_steps_32_schedule},
    SchedulerEntry{"align_your_steps_gits", "Align Your Steps GITS", "", align_your_steps_gits_schedule},
};

}  // namespace

std::span<const SchedulerEntry> all_schedulers() noexcept { return kSchedulers; }

Result<const SchedulerEntry*> find_scheduler(std::string_view name) {
  return find_by_name("scheduler", all_schedulers(), name);
}

Sigmas make_sigmas(const SchedulerEntry& scheduler, const NoiseSchedule& noise, int steps, double denoise,
                   bool drop_sigma) {
  require(steps >= 1 && steps <= kMostSteps, "[sigmas] steps: got {}, need 1 to {}", steps, kMostSteps);
  require(denoise >= 0 && denoise <= 1, "[sigmas] denoise: got {}, need 0 to 1", denoise);
  if (denoise == 0) return {};
  const auto laid_out = [&](int count) {
    Sigmas sigmas = scheduler.sigmas(noise, drop_sigma ? count + 1 : count);
    sigmas.erase(std::unique(sigmas.begin(), sigmas.end()), sigmas.end());
    if (drop_sigma) sigmas.erase(sigmas.end() - 2);
    return sigmas;
  };
  if (denoise > 0.9999) return laid_out(steps);
  const double count = steps / denoise;
  require(count <= kMostSteps, "[sigmas] denoise: got {} with {} steps, need {} or more; 0 leaves the picture as it is",
          denoise, steps, static_cast<double>(steps) / kMostSteps);
  const Sigmas all = laid_out(static_cast<int>(count));
  const auto kept = std::min(all.size(), static_cast<std::size_t>(steps) + 1);
  return {all.end() - static_cast<std::ptrdiff_t>(kept), all.end()};
}

}  // namespace pxf
