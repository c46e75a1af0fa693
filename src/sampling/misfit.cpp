#include "sampling/misfit.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace pxf {
namespace {

constexpr std::string_view kWidelyUsed[] = {"karras", "exponential", "normal"};

/// How the steps lie, in the terms of SamplerLimits. The step to 0 is left out: all methods take it by first order.
struct Course {
  double last = 0, first = 0, growth = 0, stretch = 0;
};

Course course_of(Sigmas sigmas) {
  std::erase(sigmas, 0.0);
  Course out;
  if (sigmas.size() < 2) return out;
  out.last = sigmas.back();
  out.first = std::log(sigmas[0] / sigmas[1]);
  for (std::size_t i = 2; i < sigmas.size(); ++i) {
    out.growth = std::max(out.growth, (sigmas[i - 1] - sigmas[i]) / (sigmas[i - 2] - sigmas[i - 1]));
    const double step = std::log(sigmas[i - 1] / sigmas[i]), before = std::log(sigmas[i - 2] / sigmas[i - 1]);
    out.stretch = std::max(out.stretch, step * step / before);
  }
  return out;
}

std::string beyond(const SamplerLimits& limits, const Sigmas& sigmas) {
  const Course course = course_of(sigmas);
  if (course.last > limits.last)
    return fmt::format("leaves noise, for it stops at the schedule's last level, {:.2g}", course.last);
  if (course.first > limits.first) return "may give wrong colours, for the first step is too long";
  if (course.growth > limits.growth) return "may spoil the picture, for a step is much longer than the one before";
  if (course.stretch > limits.stretch) return "may leave noise, for the last steps are too uneven";
  return {};
}

bool suits(const SamplerEntry& sampler, const SchedulerEntry& scheduler, const NoiseSchedule& noise, int steps) {
  return beyond(sampler.limits, make_sigmas(scheduler, noise, steps, 1, sampler.needs.dropped_sigma)).empty();
}

}  // namespace

std::string misfit(const SamplerEntry& sampler, const SchedulerEntry& scheduler, const NoiseSchedule& noise, int steps,
                   const Sigmas& sigmas) {
  if (noise.is_flow()) return {};
  const std::string wrong = scheduler.for_flows ? "may blur or break the picture, for the schedule is made for flows"
                                                : beyond(sampler.limits, sigmas);
  if (wrong.empty()) return {};
  std::vector<std::string_view> others;
  for (const std::string_view name : kWidelyUsed) {
    const SchedulerEntry& other = *value_or_throw(find_scheduler(name));
    if (others.size() < 2 && suits(sampler, other, noise, steps)) others.push_back(name);
  }
  const std::string advice =
      others.empty() ? "more steps help"
                     : fmt::format("{} {} it", fmt::join(others, " or "), others.size() > 1 ? "suit" : "suits");
  return fmt::format("{} with {} at {} steps {}; {}", sampler.name, scheduler.name, steps, wrong, advice);
}

}  // namespace pxf
