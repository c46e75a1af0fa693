// Finds how to draw with a checkpoint on this machine: CFG scale, sampler, schedule and steps, at three levels.
//
//   auto found = pxf::tune(engine, checkpoint, {.minutes = 10});
//
// It draws pictures at many settings and compares them (docs/tuning.md says how). What it decides follows from the
// pictures and from counts of network evaluations, never from the clock: the same checkpoint gives the same result. The
// clock is read once, at the beginning, to know how much of the search fits into the time that is given.
// What is measured is on the disk after every picture, in tuning/ of the library's folder: a tuning that was cancelled
// or killed goes on there. One thread at a time tunes a checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pixelforge/cancel.h"
#include "pixelforge/engine.h"
#include "pixelforge/progress.h"

namespace pxf {

struct TuneOptions {
  double minutes = 10;      // about so long; more than the whole search needs are not used
  std::string effort = {};  // "large", "medium", "small", "tiny": so much of the search, whatever time that takes
  std::vector<std::string> prompts = {};  // empty: chosen by what is known of the checkpoint
  bool save = true;                       // the levels, as what a request gets that says nothing
  bool fresh = false;                     // forgets what an earlier tuning has measured
  std::filesystem::path clip = {};        // a CLIP model (transformers' CLIPModel) to judge pictures by; empty: none
  std::filesystem::path report = {};      // a folder for report.html and report.png; empty: none
  std::filesystem::path home = {};        // of the library; empty: this user's
};

/// What one CFG scale does, as means over all subjects.
struct TunedCfg {
  double cfg_scale = 0;
  double evidence = 0;  // how well the network finds the prompt in the pictures (PictureMeasures::prompt_evidence)
  double clip = 0;      // how well pictures fit their prompts by TuneOptions::clip: a cosine; 0 without one
  double clipped = 0, saturation = 0, contrast = 0, edges = 0, latent_spread = 0;
  std::string left_out;  // why it was not to be chosen; empty: it was
};

/// How far pictures are from converged ones after so many evaluations: 0, the same, to 1, nothing in common.
struct TunedPoint {
  int evaluations = 0, steps = 0;
  double distance = 0;
  double ssim = 1, features = 0, latent = 0;  // what it is the mean of, before they are put in proportion
};

struct TunedMethod {
  std::string sampler, scheduler;
  std::vector<TunedPoint> points = {};  // by evaluations
  std::string left_out = {};            // why it was dropped; empty: it came to the end
};

struct TuneReport {
  std::string checkpoint;
  int width = 0, height = 0;
  std::vector<std::string> prompts;
  std::vector<std::uint64_t> seeds;
  std::string effort;  // "large", "medium", "small", "tiny": how much of the search the time allowed
  double seconds_per_evaluation = 0;
  std::int64_t evaluations = 0;  // of all pictures that the result rests on
  std::int64_t pictures = 0;
  std::int64_t drawn_now = 0;  // of them, those that no earlier tuning had left
  Recommended before;          // what was recommended until now
  TunedCfg look_at_first;      // of its pictures
  TunedCfg look_now;           // of those at the balanced level
  TunedPoint at_first;         // where that stood, at the CFG scale that was chosen
  std::vector<TunedCfg> cfgs;
  double cfg_scale = 0;  // chosen
  std::string why_cfg;
  std::vector<TunedMethod> methods;
  std::map<Level, Recommended::AtLevel> levels;
  std::map<Level, TunedPoint> points;  // where they stand
  std::map<Level, std::string> why;
  double unlike_ssim = 0, unlike_features = 1, unlike_latent = 1;  // what pictures without anything in common have
  double uncertainty = 0;  // distance between two converged solutions by different methods
  std::vector<std::string> notes;
  bool saved = false;
  std::vector<std::filesystem::path> files;  // of the report
};

struct TuneProgress {
  std::string doing;         // "CFG scale", "sampler", "steps"
  double done = 0;           // share of the whole
  double seconds_left = -1;  // estimated; negative while unknown
  std::int64_t pictures = 0;
};
using OnTuneProgress = std::function<Go(const TuneProgress&)>;

/// Errors: those of generate; invalid_argument (minutes that are too few, with how many it takes); unsupported (a
/// checkpoint that is distilled, or follows a picture; saving for a file that is not in the library); cancelled; io.
Result<TuneReport> tune(Engine& engine, const Checkpoint& checkpoint, const TuneOptions& options = {},
                        const OnTuneProgress& on_progress = {}, const CancelToken* cancel = nullptr);

/// Drops what tuning has found and measured for a name; whether there was something.
Result<bool> forget_tuned(const std::string& name, const std::filesystem::path& home = {});

}  // namespace pxf
