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
  Method method;
  Embeddings embeddings = {};  // added when the LoRAs, which may bring some along, are read
};

/// Errors: invalid_argument (a setting, with what would do), unsupported (a part is missing).
Result<SettledPlan> settle(const ModelInfo& info, const Model& model, const Request& request);

/// The settings that a request which says nothing gets.
Recommended recommended_for(const Model& model);

}  // namespace pxf
