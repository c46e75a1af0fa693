// What a long computation tells whoever waits for it, and what that answers.
#pragma once

#include <cstdint>
#include <functional>

#include "pixelforge/image.h"

namespace pxf {

enum class Stage : std::uint8_t { open, text, steps, vae, done };

/// "open", "text", "steps", "vae", "done".
const char* to_string(Stage stage) noexcept;

struct Progress {
  Stage stage = Stage::open;
  int picture = 0;  // of `pictures`, from 0
  int pictures = 1;
  int step = 0;  // steps of this picture that are done
  int steps = 0;
  double seconds = 0;              // since the request began
  double steps_per_second = 0;     // so far; 0 before the first step has ended
  double seconds_left = -1;        // estimated for all pictures; negative while unknown
  const Image* preview = nullptr;  // of a request with `preview`, after a step: about what the picture will be, smaller
                                   // than it; valid during the call
};

enum class Go : std::uint8_t { on, stop };

/// Called on the thread that asked, between stages and steps, not more often. What it throws ends the computation.
using OnProgress = std::function<Go(const Progress&)>;

/// Of work on a model's file: converting, merging, comparing.
struct FileProgress {
  std::uint64_t done = 0, total = 0;  // bytes of the tensors that are read
  double seconds = 0;
};
/// Called on the thread that asked, a few hundred times for a large file. What it throws ends the work.
using OnFileProgress = std::function<Go(const FileProgress&)>;

}  // namespace pxf
