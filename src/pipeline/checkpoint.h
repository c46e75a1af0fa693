// What a Checkpoint handle stands for.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "models/family.h"
#include "pipeline/loras.h"
#include "pipeline/parameters_text.h"
#include "pipeline/preview.h"
#include "pixelforge/engine.h"
#include "weights/catalog.h"

namespace pxf {

struct Checkpoint::State {
  ModelInfo info;
  Catalog file;
  Model model;

  std::string vae_path;  // of another file's VAE; empty without one

  std::mutex hash_mutex;
  FileHashes hashes;  // empty until computed. Guarded by hash_mutex.

  AdaptedCache adapted = {};
  ColoursCache colours = {};
};

}  // namespace pxf
