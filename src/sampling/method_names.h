// Samplers together with schedules, as A1111 and stable-diffusion.cpp name them.
#pragma once

#include <optional>
#include <string_view>

#include "sampling/samplers.h"
#include "sampling/schedulers.h"

namespace pxf {

/// Whose meaning a name has, where A1111 and others mean different things by it.
enum class Dialect : std::uint8_t { anybodys, a1111s };

/// Null where there is none of this name.
const SamplerEntry* sampler_called(std::string_view name, Dialect dialect);
const SchedulerEntry* scheduler_called(std::string_view name, Dialect dialect);

struct NamedMethod {
  const SamplerEntry* sampler = nullptr;
  const SchedulerEntry* scheduler = nullptr;  // null: the name has none
};

/// Before A1111 1.9 and in stable-diffusion.cpp the schedule is part of the sampler's name: "DPM++ 2M Karras". None
/// where the name begins with no sampler, or ends with no schedule.
std::optional<NamedMethod> method_called(std::string_view name, Dialect dialect);

/// What A1111 1.9 and later take for each sampler when told "Automatic" (its samplers' option "scheduler").
std::string_view automatic_schedule(std::string_view sampler);

/// Of a schedule A1111 gives these the model's highest and lowest sigma, whatever the schedule is.
bool ignores_schedule_in_a1111(std::string_view sampler);

}  // namespace pxf
