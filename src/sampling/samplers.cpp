#include "sampling/samplers.h"

#include <array>

#include "sampling/names.h"

namespace pxf {
namespace {

constexpr std::array kSamplers{
    SamplerEntry{
        "euler", "Euler", "k_euler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler", sample_euler, {}},
    SamplerEntry{"euler_ancestral",
                 "Euler a",
                 "k_euler_a, k_euler_ancestral, euler_a, EulerAncestralDiscreteScheduler, ddpm, DDPMScheduler",
                 sample_euler_ancestral,
                 {.noise = true}},
    SamplerEntry{
        "heun", "Heun", "k_heun, HeunDiscreteScheduler, FlowMatchHeunDiscreteScheduler", sample_heun, {}, {.first = 1}},
    SamplerEntry{"heunpp2", "HeunPP2", "", sample_heunpp2, {}},
    SamplerEntry{
        "dpm_2", "DPM2", "k_dpm_2, KDPM2DiscreteScheduler", sample_dpm_2, {.dropped_sigma = true}, {.first = 0.85}},
    SamplerEntry{"dpm_2_ancestral",
                 "DPM2 a",
                 "k_dpm_2_a, k_dpm_2_ancestral, KDPM2AncestralDiscreteScheduler",
                 sample_dpm_2_ancestral,
                 {.noise = true, .dropped_sigma = true},
                 {.first = 0.5}},
    SamplerEntry{"lms", "LMS", "", sample_lms, {}},
    SamplerEntry{"k_lms", "LMS (k-diffusion)", "a1111_lms, LMSDiscreteScheduler", sample_k_lms, {}},
    SamplerEntry{"dpm_fast", "DPM fast", "k_dpm_fast", sample_dpm_fast, {}, {.last = 0.15}},
    SamplerEntry{"dpm_adaptive", "DPM adaptive", "k_dpm_ad", sample_dpm_adaptive, {}, {.last = 0.15}},
    SamplerEntry{"dpmpp_2s_ancestral", "DPM++ 2S a", "k_dpmpp_2s_a", sample_dpmpp_2s_ancestral, {.noise = true}},
    SamplerEntry{"dpmpp_sde",
                 "DPM++ SDE",
                 "k_dpmpp_sde, dpmpp_sde_gpu, DPMSolverSDEScheduler",
                 sample_dpmpp_sde,
                 {.noise = true, .brownian = true}},
    SamplerEntry{"dpmpp_2m", "DPM++ 2M", "k_dpmpp_2m, DPMSolverMultistepScheduler", sample_dpmpp_2m, {}},
    SamplerEntry{"dpmpp_2m_sde",
                 "DPM++ 2M SDE",
                 "k_dpmpp_2m_sde, dpmpp_2m_sde_gpu",
                 sample_dpmpp_2m_sde,
                 {.noise = true, .brownian = true},
                 {.stretch = 3.9}},
    SamplerEntry{"dpmpp_2m_sde_heun",
                 "DPM++ 2M SDE Heun",
                 "k_dpmpp_2m_sde_heun, dpmpp_2m_sde_heun_gpu",
                 sample_dpmpp_2m_sde_heun,
                 {.noise = true, .brownian = true},
                 {.stretch = 3.9}},
    SamplerEntry{"dpmpp_3m_sde",
                 "DPM++ 3M SDE",
                 "k_dpmpp_3m_sde, dpmpp_3m_sde_gpu",
                 sample_dpmpp_3m_sde,
                 {.noise = true, .brownian = true},
                 {.growth = 2, .stretch = 2}},
    SamplerEntry{"a1111_dpmpp_3m_sde",
                 "DPM++ 3M SDE (A1111)",
                 "",
                 sample_dpmpp_3m_sde,
                 {.noise = true, .brownian = true, .dropped_sigma = true},
                 {.growth = 2, .stretch = 2}},
    SamplerEntry{"ddim", "DDIM", "DDIMScheduler", sample_ddim, {}},
    SamplerEntry{"plms", "PLMS", "PNDMScheduler", sample_plms, {}, {.first = 1.4}},
    SamplerEntry{"lcm", "LCM", "k_lcm, LCMScheduler", sample_lcm, {.noise = true}},
    SamplerEntry{"tcd", "TCD", "TCDScheduler", sample_tcd, {.noise = true}},
    SamplerEntry{"uni_pc", "UniPC", "UniPCMultistepScheduler", sample_uni_pc, {.dropped_sigma = true}},
    SamplerEntry{"uni_pc_bh2", "UniPC bh2", "", sample_uni_pc_bh2, {.dropped_sigma = true}},
    SamplerEntry{"ipndm", "IPNDM", "", sample_ipndm, {}},
    SamplerEntry{"ipndm_v", "IPNDM_V", "", sample_ipndm_v, {}, {.growth = 3}},
    SamplerEntry{"deis", "DEIS", "", sample_deis, {}},
    SamplerEntry{"res_multistep", "Res Multistep", "", sample_res_multistep, {}},
    SamplerEntry{"res_multistep_ancestral",
                 "Res Multistep a",
                 "",
                 sample_res_multistep_ancestral,
                 {.noise = true},
                 {.stretch = 3.9}},
    SamplerEntry{"gradient_estimation", "Gradient Estimation", "", sample_gradient_estimation, {}},
    SamplerEntry{"er_sde", "ER SDE", "", sample_er_sde, {.noise = true}},
    SamplerEntry{"seeds_2", "SEEDS 2", "", sample_seeds_2, {.noise = true}},
    SamplerEntry{"seeds_3", "SEEDS 3", "", sample_seeds_3, {.noise = true}},
    SamplerEntry{"sa_solver", "SA-Solver", "", sample_sa_solver, {.noise = true}, {.growth = 2}},
    SamplerEntry{"sa_solver_pece", "SA-Solver PECE", "", sample_sa_solver_pece, {.noise = true}, {.stretch = 14}},
    SamplerEntry{"restart", "Restart", "", sample_restart, {.noise = true}},
    SamplerEntry{"euler_cfg_pp", "Euler CFG++", "", sample_euler_cfg_pp, {.uncond = true}},
    SamplerEntry{
        "euler_ancestral_cfg_pp", "Euler a CFG++", "", sample_euler_ancestral_cfg_pp, {.noise = true, .uncond = true}},
    SamplerEntry{"dpmpp_2s_ancestral_cfg_pp",
                 "DPM++ 2S a CFG++",
                 "",
                 sample_dpmpp_2s_ancestral_cfg_pp,
                 {.noise = true, .uncond = true}},
    SamplerEntry{"dpmpp_2m_cfg_pp", "DPM++ 2M CFG++", "", sample_dpmpp_2m_cfg_pp, {.uncond = true}},
    SamplerEntry{"res_multistep_cfg_pp", "Res Multistep CFG++", "", sample_res_multistep_cfg_pp, {.uncond = true}},
    SamplerEntry{"res_multistep_ancestral_cfg_pp",
                 "Res Multistep a CFG++",
                 "",
                 sample_res_multistep_ancestral_cfg_pp,
                 {.noise = true, .uncond = true},
                 {.stretch = 3.9}},
    SamplerEntry{"gradient_estimation_cfg_pp",
                 "Gradient Estimation CFG++",
                 "",
                 sample_gradient_estimation_cfg_pp,
                 {.uncond = true}},
    // A1111 maps its scale of 0 to 12.5 to the paper's 0 to 1.
    SamplerEntry{"ddim_cfgpp", "DDIM CFG++", "", sample_euler_cfg_pp, {.uncond = true, .guidance_factor = 1 / 12.5}},
};

}  // namespace

std::span<const SamplerEntry> all_samplers() noexcept { return kSamplers; }

Result<const SamplerEntry*> find_sampler(std::string_view name) {
  return find_by_name("sampler", all_samplers(), name);
}

}  // namespace pxf
