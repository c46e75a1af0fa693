#include "sampling/samplers.h"

#include <array>

#include "sampling/names.h"

namespace pxf {
namespace {

constexpr std::array kSamplers{
    SamplerEntry{"euler", "Euler", "k_euler, EulerDiscreteScheduler", sample_euler, false},
    SamplerEntry{"euler_ancestral", "Euler a", "k_euler_a, k_euler_ancestral, EulerAncestralDiscreteScheduler",
                 sample_euler_ancestral, true},
    SamplerEntry{"dpmpp_2m", "DPM++ 2M", "k_dpmpp_2m, DPMSolverMultistepScheduler", sample_dpmpp_2m, false},
};

}  // namespace

std::span<const SamplerEntry> all_samplers() noexcept { return kSamplers; }

Result<const SamplerEntry*> find_sampler(std::string_view name) {
  return find_by_name("sampler", all_samplers(), name);
}

}  // namespace pxf
