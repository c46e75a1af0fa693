// What is known of samplers and schedulers that do not go together, on Stable Diffusion's noise levels.
#include "sampling/misfit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pxf::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

std::string told(std::string_view sampler, std::string_view scheduler, int steps = 20,
                 const NoiseSchedule& noise = NoiseSchedule::scaled_linear()) {
  const SamplerEntry& s = *value_or_throw(find_sampler(sampler));
  const SchedulerEntry& d = *value_or_throw(find_scheduler(scheduler));
  return misfit(s, d, noise, steps, make_sigmas(d, noise, steps, 1, s.needs.dropped_sigma));
}

TEST(Misfit, TellsOfPairsWhosePicturesComeOutBrokenAndWhatSuits) {
  EXPECT_EQ(told("dpmpp_3m_sde", "normal"),
            "dpmpp_3m_sde with normal at 20 steps may leave noise, for the last steps are too uneven; karras or "
            "exponential suit it");
  EXPECT_THAT(told("heun", "laplace"), HasSubstr("wrong colours"));
  EXPECT_THAT(told("ipndm_v", "align_your_steps_gits"), HasSubstr("spoil the picture"));
  EXPECT_THAT(told("euler", "linear_quadratic"), HasSubstr("made for flows"));
  for (const char* scheduler : {"sgm_uniform", "simple", "trailing", "lcm", "flow_uniform"}) {
    EXPECT_THAT(told("dpm_fast", scheduler), AllOf(HasSubstr("leaves noise"), HasSubstr("0.2"))) << scheduler;
  }
}

TEST(Misfit, TellsWhenMoreStepsAreWhatHelps) {
  EXPECT_THAT(told("heun", "karras", 3), HasSubstr("more steps help"));
  EXPECT_THAT(told("heun", "karras", 8), IsEmpty());
}

// A1111 leaves out the sigma before the last for this sampler, and so gets rid of its noise.
TEST(Misfit, IsNoneOnceTheUnevenStepIsLeftOut) { EXPECT_THAT(told("a1111_dpmpp_3m_sde", "normal"), IsEmpty()); }

TEST(Misfit, IsNoneForTheWidelyUsedSchedulesButNormalWithSamplersThatDraw) {
  for (const SamplerEntry& sampler : all_samplers()) {
    EXPECT_THAT(told(sampler.name, "karras"), IsEmpty());
    EXPECT_THAT(told(sampler.name, "exponential"), IsEmpty());
    if (sampler.needs.noise) continue;
    EXPECT_THAT(told(sampler.name, "normal"), IsEmpty());
  }
}

TEST(Misfit, IsNoneForFlowsWhichTheLimitsWereNotSoughtFor) {
  EXPECT_THAT(told("euler", "linear_quadratic", 20, NoiseSchedule::flow()), IsEmpty());
}

}  // namespace
}  // namespace pxf::test
