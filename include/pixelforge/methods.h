// The samplers, schedulers and hires upscalers that a request may name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pixelforge/error.h"
#include "pixelforge/request.h"

namespace pxf {

struct MethodName {
  std::string name;                  // "dpmpp_2m": as Plan gives it
  std::string label;                 // "DPM++ 2M": A1111's
  std::vector<std::string> aliases;  // of other programs
};

/// In the order in which they are shown. Live as long as the program.
const std::vector<MethodName>& samplers();
const std::vector<MethodName>& schedulers();

struct HiresUpscalerName {
  HiresUpscaler upscaler = HiresUpscaler::picture;
  std::string name;   // "latent-bicubic"
  std::string label;  // "Latent (bicubic)": A1111's
};
/// HiresUpscaler::picture first. Lives as long as the program.
const std::vector<HiresUpscalerName>& hires_upscalers();
const HiresUpscalerName& name_of(HiresUpscaler upscaler);
/// By name or label, A1111's "Latent (antialiased)" too; none for others.
std::optional<HiresUpscaler> hires_upscaler_called(std::string_view text);

/// As a request takes them.
struct MethodChoice {
  std::string sampler, scheduler;  // names; empty: not said
};
/// A sampler and a schedule type as other programs' clients say them: either may be empty, the schedule may be part of
/// the sampler's name ("DPM++ 2M Karras"), or "Automatic". `as_a1111`: names that A1111 alone means otherwise mean
/// that. Error: invalid_argument, with the nearest name.
Result<MethodChoice> read_method(const std::string& sampler, const std::string& schedule_type, bool as_a1111);

}  // namespace pxf
