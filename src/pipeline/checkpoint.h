// What a Checkpoint handle stands for.
#pragma once

#include <memory>
#include <utility>

#include "pipeline/held_models.h"
#include "pixelforge/engine.h"

namespace pxf {

struct Checkpoint::State {
  ModelInfo info;                   // as its library has it now
  std::shared_ptr<HeldModel> held;  // with all handles of the same files
};

}  // namespace pxf
