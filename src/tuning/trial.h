// One picture that tuning asks for, and what is measured of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tuning/picture_look.h"

namespace pxf {

struct TrialMethod {
  std::string sampler, scheduler;
  int evaluations_per_step = 1;

  bool operator==(const TrialMethod&) const = default;
};

enum class TrialKind : std::uint8_t {
  look,       // for guidance: how it looks, and how well it shows its prompt
  reference,  // drawn with as many steps as it takes to converge
  compare,    // against the reference of the same subject and CFG scale
};

struct Trial {
  TrialKind kind = TrialKind::look;
  TrialMethod method;
  int steps = 0;
  double cfg_scale = 0;
  int subject = 0;  // a prompt with a seed

  /// The same for the same trial in every run; fit for a file's name.
  std::string key() const;
};

struct Measured {
  bool is_broken = false;
  std::string why;      // it is broken
  int evaluations = 0;  // of the network
  PictureLook look;
  double latent_spread = 0;    // standard deviation
  double prompt_evidence = 0;  // of a look, like the next
  double clip = 0;             // a CLIP score; 0 where there is no CLIP
  // Of a comparison: distances to the reference.
  double ssim = 1, features = 0, latent = 0;
};

/// Draws and measures, or knows it from before. May throw Failure(cancelled).
using Measure = std::function<Measured(const Trial&)>;

}  // namespace pxf
