#include "sampling/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sampling/samplers.h"
#include "sampling/schedulers.h"

namespace pxf::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Names, SamplersGoByTheNamesOfOtherPrograms) {
  for (const auto& [asked, name] : std::initializer_list<std::pair<const char*, const char*>>{
           {"DPM++ 2M", "dpmpp_2m"},
           {"dpm++2m", "dpmpp_2m"},
           {"dpmpp_2m", "dpmpp_2m"},
           {"DPMSolverMultistepScheduler", "dpmpp_2m"},
           {"Euler a", "euler_ancestral"},
           {"euler_a", "euler_ancestral"},
           {"EulerAncestralDiscreteScheduler", "euler_ancestral"},
           {"k_euler", "euler"},
           {"EulerDiscreteScheduler", "euler"},
           {"DPM++ 2M SDE Heun", "dpmpp_2m_sde_heun"},
           {"dpmpp_3m_sde_gpu", "dpmpp_3m_sde"},
           {"DPM2 a", "dpm_2_ancestral"},
           {"DDIM CFG++", "ddim_cfgpp"},
           {"dpm++2s_a", "dpmpp_2s_ancestral"},
           {"dpm2", "dpm_2"},
           {"UniPC", "uni_pc"},
           {"PNDMScheduler", "plms"},
       }) {
    const auto found = find_sampler(asked);
    ASSERT_TRUE(found) << asked;
    EXPECT_EQ(found.value()->name, name) << asked;
  }
}

TEST(Names, PlusesTellSamplersApart) {
  EXPECT_TRUE(same_name("DPM++ 2M", "dpmpp_2m"));
  EXPECT_FALSE(same_name("DPM++ 2M", "DPM2 M"));  // DPM-Solver++ is not DPM-Solver
}

TEST(Names, SchedulersGoByTheNamesOfOtherPrograms) {
  for (const auto& [asked, name] :
       std::initializer_list<std::pair<const char*, const char*>>{{"SGM Uniform", "sgm_uniform"},
                                                                  {"discrete", "normal"},
                                                                  {"Karras", "karras"},
                                                                  {"use_karras_sigmas", "karras"},
                                                                  {"align_your_steps_GITS", "align_your_steps_gits"},
                                                                  {"a1111_align_your_steps", "align_your_steps_11"},
                                                                  {"Turbo", "trailing"}}) {
    const auto found = find_scheduler(asked);
    ASSERT_TRUE(found) << asked;
    EXPECT_EQ(found.value()->name, name) << asked;
  }
}

TEST(Names, AMistypedNameIsAnsweredWithTheNearestAndAll) {
  const auto found = find_sampler("eulr");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(found.error().message, HasSubstr("got \"eulr\""));
  EXPECT_THAT(found.error().message, HasSubstr("did you mean \"euler\"?"));
  for (const SamplerEntry& entry : all_samplers()) EXPECT_THAT(found.error().message, HasSubstr(entry.name));
}

TEST(Names, AnUnrelatedNameGetsNoGuess) {
  EXPECT_THAT(find_scheduler("something else").error().message, Not(HasSubstr("did you mean")));
  EXPECT_LT(find_scheduler(std::string(1'000'000, 'x')).error().message.size(), 500u);
}

TEST(Names, NoTwoEntriesShareAName) {
  for (const SamplerEntry& entry : all_samplers()) EXPECT_EQ(find_sampler(entry.label).value(), &entry);
  for (const SchedulerEntry& entry : all_schedulers()) EXPECT_EQ(find_scheduler(entry.label).value(), &entry);
}

}  // namespace
}  // namespace pxf::test
