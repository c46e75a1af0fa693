// A request becomes a plan: every open setting filled in, every impossible one refused, before anything is computed.
#pragma once

#include "pipeline/checkpoint.h"
#include "pipeline/embeddings.h"
#include "sampling/samplers.h"
#include "sampling/schedulers.h"

namespace pxf {

/// What runs a plan: the functions its names stand for.
struct Method {
  const SamplerEntry* sampler = nullptr;
  const SchedulerEntry* scheduler = nullptr;
};

struct SettledPlan {
  Plan plan;
  std::vector<std::string> prompts = {};  // of each picture
  Method method;
  Embeddings embeddings = {};  // added when the LoRAs, which may bring some along, are read
};

/// Of picture k.
inline std::uint64_t seed_of(const Plan& plan, int k) {
  return plan.variation_strength > 0 ? plan.seed : plan.seed + static_cast<std::uint64_t>(k);
}

/// `request` has its styles in its prompts. What it leaves open comes from `info`. Errors: those of choose_prompts;
/// invalid_argument (a setting, with what would do), unsupported (a part is missing).
Result<SettledPlan> settle(const ModelInfo& info, const Model& model, const Request& request);

}  // namespace pxf
