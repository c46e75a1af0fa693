#include "sampling/method_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "pixelforge/methods.h"
#include "sampling/names.h"

namespace pxf {
namespace {

// Where two programs mean different things by a name, A1111's has a prefix here.
template <class Find>
auto called(const Find& find, std::string_view name, Dialect dialect) -> std::decay_t<decltype(find(name).value())> {
  if (dialect == Dialect::a1111s) {
    if (const auto theirs = find(fmt::format("a1111_{}", name))) return theirs.value();
  }
  const auto found = find(name);
  return found ? found.value() : nullptr;
}

}  // namespace

const SamplerEntry* sampler_called(std::string_view name, Dialect dialect) {
  return called(find_sampler, name, dialect);
}

const SchedulerEntry* scheduler_called(std::string_view name, Dialect dialect) {
  return called(find_scheduler, name, dialect);
}

std::optional<NamedMethod> method_called(std::string_view name, Dialect dialect) {
  for (std::size_t cut = name.size(); cut != name.npos && cut > 0; cut = name.rfind(' ', cut - 1)) {
    const SamplerEntry* sampler = sampler_called(name.substr(0, cut), dialect);
    if (sampler == nullptr) continue;
    const std::string_view rest = name.substr(std::min(cut + 1, name.size()));
    if (rest.empty()) return NamedMethod{sampler, nullptr};
    const SchedulerEntry* scheduler = scheduler_called(rest, dialect);
    if (scheduler == nullptr) return std::nullopt;
    return NamedMethod{sampler, scheduler};
  }
  return std::nullopt;
}

std::string_view automatic_schedule(std::string_view sampler) {
  for (const char* name : {"dpmpp_2m", "dpmpp_sde", "dpmpp_2s_ancestral", "dpm_2", "dpm_2_ancestral", "restart"}) {
    if (sampler == name) return "karras";
  }
  for (const char* name : {"dpmpp_2m_sde", "dpmpp_2m_sde_heun", "dpmpp_3m_sde", "a1111_dpmpp_3m_sde"}) {
    if (sampler == name) return "exponential";
  }
  return "normal";
}

bool ignores_schedule_in_a1111(std::string_view sampler) { return sampler == "dpm_fast" || sampler == "dpm_adaptive"; }

const std::vector<HiresUpscalerName>& hires_upscalers() {
  static const std::vector<HiresUpscalerName> all{
      {HiresUpscaler::picture, "picture", "Lanczos"},
      {HiresUpscaler::latent, "latent", "Latent"},
      {HiresUpscaler::latent_bicubic, "latent-bicubic", "Latent (bicubic)"},
      {HiresUpscaler::latent_bicubic_antialiased, "latent-bicubic-antialiased", "Latent (bicubic antialiased)"},
      {HiresUpscaler::latent_nearest, "latent-nearest", "Latent (nearest)"},
      {HiresUpscaler::latent_nearest_exact, "latent-nearest-exact", "Latent (nearest-exact)"},
  };
  return all;
}

const HiresUpscalerName& name_of(HiresUpscaler upscaler) {
  return hires_upscalers()[static_cast<std::size_t>(upscaler)];  // they are in the enumeration's order
}

std::optional<HiresUpscaler> hires_upscaler_called(std::string_view text) {
  for (const HiresUpscalerName& one : hires_upscalers()) {
    if (same_name(one.name, text) || same_name(one.label, text)) return one.upscaler;
  }
  // Antialiasing matters where bilinear filters shrink, and here nothing shrinks.
  if (same_name("Latent (antialiased)", text)) return HiresUpscaler::latent;
  return std::nullopt;
}

}  // namespace pxf
