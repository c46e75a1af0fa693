// Draws what tuning wants to see and measures it; what has been measured before, in this process or an earlier one, is
// not drawn again. One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "pipeline/clip_score.h"
#include "pixelforge/engine.h"
#include "tuning/picture_distance.h"
#include "tuning/state.h"
#include "tuning/trial.h"

namespace pxf {

class Laboratory {
 public:
  struct Places {
    std::filesystem::path state, pictures;
  };
  /// After each picture: what was drawn.
  using OnTrial = std::function<void(const Trial&)>;

  /// `clip` may be null; it outlives this.
  Laboratory(Engine& engine, const Checkpoint& checkpoint, std::vector<Subject> subjects, Places places,
             TuningState state, const ClipScore* clip, const CancelToken* cancel, OnTrial on_trial);

  /// Times a picture with these settings, unless that has been done. Throws Failure.
  void time(const TrialMethod& method, int steps, double cfg_scale);
  /// Throws Failure: cancelled, and what ends all tuning, such as io. Numbers that are no longer finite are no failure.
  Measured measure(const Trial& trial);

  const TuningState& state() const { return state_; }
  const std::vector<Subject>& subjects() const { return subjects_; }
  /// Of a trial that was measured and is not broken. Throws Failure.
  Image picture(const Trial& trial) const;
  /// The mean distances between references of different subjects at this scale: how unlike pictures are that have
  /// nothing in common. Of one subject alone, usual values.
  Measured unlikeness(double cfg_scale);

 private:
  struct Reference {
    PicturePlanes planes;
    std::vector<float> latent;
  };
  Result<std::vector<Picture>> draw(const Trial& trial, Measuring measuring);
  std::filesystem::path file_of(const Trial& trial, const char* ending) const;
  void compare(const Trial& trial, const Picture& picture, Measured& into);
  const Reference& reference(double cfg_scale, int subject);
  void keep_reference(const Trial& trial, const Picture& picture);

  Engine& engine_;
  const Checkpoint& checkpoint_;
  std::vector<Subject> subjects_;
  Places places_;
  TuningState state_;
  const ClipScore* clip_;
  const CancelToken* cancel_;
  OnTrial on_trial_;
  std::map<std::pair<int, int>, Trial> reference_trials_;  // by hundredths of the CFG scale, and subject
  std::map<std::pair<int, int>, Reference> references_;
};

}  // namespace pxf
