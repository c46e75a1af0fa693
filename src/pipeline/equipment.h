// What the pictures of a request are drawn with: the model with its LoRAs, and the memory that it takes.
#pragma once

#include <cstdint>
#include <memory>

#include "base/thread_pool.h"
#include "pipeline/held_models.h"
#include "pipeline/loras.h"
#include "pipeline/memory.h"
#include "pipeline/plan.h"
#include "pixelforge/engine.h"
#include "tensor/buffer.h"

namespace pxf {

/// What all pictures of a request are drawn with.
struct Equipment {
  HeldModels& models;
  HeldModel& held;
  const AdaptedBase& base;
  const Request& request;  // with its styles
  ThreadPool& threads;
  const BufferPool& memory;
  const EngineOptions& options;

  /// Whether nobody else draws meanwhile, so that weights may be forgotten between two layers.
  bool alone() const { return options.memory_limit > 0 || options.one_request; }
};

/// Completes the plan with what picture k has of its own, its LoRAs and what they bring along, and gives the model with
/// these on it; null without LoRAs. Throws Failure.
std::shared_ptr<const AdaptedModel> equip(const Equipment& with, SettledPlan& settled, int k);

/// Other checkpoints' weights go where this plan needs their memory. Throws Failure when that is not enough.
MemoryPlan make_room(const Equipment& with, const AdaptedModel* adapted, const Plan& plan);

/// Bytes that the engine's pool may have in all.
std::uint64_t pool_room(const Equipment& with);

}  // namespace pxf
