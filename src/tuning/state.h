// What a tuning has measured until now, on the disk after every picture: whoever is killed goes on from there.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pixelforge/error.h"
#include "tuning/trial.h"

namespace pxf {

struct Subject {
  std::string prompt;
  std::uint64_t seed = 0;

  bool operator==(const Subject&) const = default;
};

/// What the measurements are of: under other conditions they say nothing, and tuning begins anew.
struct TuningConditions {
  std::string checkpoint;  // which file, and how it is run
  std::string program;     // version
  std::string start;       // the settings that tuning begins with
  int width = 0, height = 0;
  std::vector<std::string> prompts;

  bool operator==(const TuningConditions&) const = default;
};

struct TuningState {
  TuningConditions conditions;
  double seconds_per_evaluation = 0;     // as timed at first; later ones would differ, and so would what is tried
  double evaluations_per_picture = 0;    // what text, VAE and measuring take beside the steps
  std::map<std::string, Measured> done;  // by the trial's key
};

/// Empty where there is none of these conditions, or one that cannot be read.
TuningState read_tuning_state(const std::filesystem::path& file, const TuningConditions& conditions);
/// A reader sees the old one or the new one. Errors: io, no_space.
Status write_tuning_state(const std::filesystem::path& file, const TuningState& state);

}  // namespace pxf
