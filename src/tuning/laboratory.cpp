#include "tuning/laboratory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <system_error>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "pixelforge/picture_file.h"

namespace pxf {
namespace {

constexpr std::size_t kLargestLatent = 256 << 20;

int hundredths(double cfg_scale) { return static_cast<int>(std::lround(cfg_scale * 100)); }

double spread_of(std::span<const float> values) {
  double sum = 0, squares = 0;
  for (const float v : values) {
    sum += v;
    squares += static_cast<double>(v) * v;
  }
  const auto n = static_cast<double>(values.size());
  return std::sqrt(std::max(0.0, squares / n - (sum / n) * (sum / n)));
}

/// Root mean square of the difference, in units of what two latents without anything in common would have.
double latent_distance(std::span<const float> a, std::span<const float> b) {
  double squares = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    squares += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  }
  const double spread = std::hypot(spread_of(a), spread_of(b));
  return spread > 0 ? std::sqrt(squares / static_cast<double>(a.size())) / spread : 0;
}

const char* name_of(TrialKind kind) {
  switch (kind) {
    case TrialKind::look: return "look";
    case TrialKind::reference: return "reference";
    case TrialKind::compare: return "compare";
  }
  return "look";
}

/// Whatever a setting does to the numbers is a finding; what else fails ends the tuning.
bool is_about_the_setting(const Error& error) { return error.code == ErrorCode::bad_file; }

}  // namespace

std::string Trial::key() const {
  return fmt::format("{}-{}-{}-{}-cfg{}-{}", name_of(kind), method.sampler, method.scheduler, steps,
                     hundredths(cfg_scale), subject);
}

Laboratory::Laboratory(Engine& engine, const Checkpoint& checkpoint, std::vector<Subject> subjects, Places places,
                       TuningState state, const ClipScore* clip, const CancelToken* cancel, OnTrial on_trial)
    : engine_(engine),
      checkpoint_(checkpoint),
      subjects_(std::move(subjects)),
      places_(std::move(places)),
      state_(std::move(state)),
      clip_(clip),
      cancel_(cancel),
      on_trial_(std::move(on_trial)) {}

Result<std::vector<Picture>> Laboratory::draw(const Trial& trial, Measuring measuring) {
  const Subject& subject = subjects_.at(static_cast<std::size_t>(trial.subject));
  Request request;
  request.prompt = subject.prompt;
  request.seed = subject.seed;
  request.sampler = trial.method.sampler;
  request.scheduler = trial.method.scheduler;
  request.steps = trial.steps;
  request.cfg_scale = trial.cfg_scale;
  request.measuring = measuring;
  request.width = state_.conditions.width;
  request.height = state_.conditions.height;
  return engine_.generate(checkpoint_, request, {}, cancel_);
}

// The weights have been packed, but for a tuning that goes on: so the second of two pictures counts.
void Laboratory::time(const TrialMethod& method, int steps, double cfg_scale) {
  if (state_.seconds_per_evaluation > 0) return;
  const Trial trial{TrialKind::look, method, steps, cfg_scale, 0};
  for (int i = 0; i < 2; ++i) {
    const auto pictures = draw(trial, Measuring::run);
    if (!pictures) throw Failure(pictures.error());
    const Picture& one = pictures.value().at(0);
    state_.seconds_per_evaluation = std::max(1e-6, one.seconds.steps / std::max(1, one.measured->evaluations));
    state_.evaluations_per_picture = (one.seconds.text + one.seconds.vae) / state_.seconds_per_evaluation;
  }
  value_or_throw(write_tuning_state(places_.state, state_));
}

std::filesystem::path Laboratory::file_of(const Trial& trial, const char* ending) const {
  return places_.pictures / (trial.key() + ending);
}

Measured Laboratory::measure(const Trial& trial) {
  if (trial.kind == TrialKind::reference) {
    reference_trials_[{hundredths(trial.cfg_scale), trial.subject}] = trial;
  }
  const std::string key = trial.key();
  if (const auto known = state_.done.find(key); known != state_.done.end()) return known->second;
  Measured out;
  const auto pictures = draw(trial, trial.kind == TrialKind::look ? Measuring::prompt : Measuring::run);
  if (!pictures) {
    if (!is_about_the_setting(pictures.error())) throw Failure(pictures.error());
    out.is_broken = true;
    out.why = pictures.error().message;
  } else {
    const Picture& picture = pictures.value().at(0);
    out.evaluations = picture.measured->evaluations;
    out.look = look_of(picture.image);
    out.latent_spread = spread_of(picture.measured->latent);
    out.prompt_evidence = picture.measured->prompt_evidence;
    if (clip_ != nullptr && trial.kind == TrialKind::look)
      out.clip = (*clip_)(picture.image, subjects_.at(static_cast<std::size_t>(trial.subject)).prompt);
    value_or_throw(save_picture(picture, file_of(trial, ".png")));
    if (trial.kind == TrialKind::reference) keep_reference(trial, picture);
    if (trial.kind == TrialKind::compare) compare(trial, picture, out);
  }
  state_.done[key] = out;
  value_or_throw(write_tuning_state(places_.state, state_));
  if (on_trial_) on_trial_(trial);
  return out;
}

void Laboratory::keep_reference(const Trial& trial, const Picture& picture) {
  const std::vector<float>& latent = picture.measured->latent;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(latent));
  value_or_throw(write_file_atomically(file_of(trial, ".latent"), bytes));
}

const Laboratory::Reference& Laboratory::reference(double cfg_scale, int subject) {
  const std::pair place{hundredths(cfg_scale), subject};
  if (const auto known = references_.find(place); known != references_.end()) return known->second;
  const Trial& trial = reference_trials_.at(place);
  Reference out;
  out.planes = planes_of(picture(trial));
  const std::string bytes = value_or_throw(read_file(file_of(trial, ".latent"), kLargestLatent));
  out.latent.resize(bytes.size() / sizeof(float));
  std::memcpy(out.latent.data(), bytes.data(), out.latent.size() * sizeof(float));
  return references_[place] = std::move(out);
}

void Laboratory::compare(const Trial& trial, const Picture& picture, Measured& into) {
  const Reference& reference = this->reference(trial.cfg_scale, trial.subject);
  const PicturePlanes planes = planes_of(picture.image);
  into.ssim = ssim(reference.planes, planes);
  into.features = feature_distance(reference.planes, planes);
  into.latent = latent_distance(reference.latent, picture.measured->latent);
}

Measured Laboratory::unlikeness(double cfg_scale) {
  std::vector<const Reference*> all;
  for (std::size_t i = 0; i < subjects_.size(); ++i) {
    const std::pair place{hundredths(cfg_scale), static_cast<int>(i)};
    if (!reference_trials_.contains(place)) continue;
    if (const auto known = state_.done.find(reference_trials_.at(place).key()); known->second.is_broken) continue;
    all.push_back(&reference(cfg_scale, static_cast<int>(i)));
  }
  Measured out;
  if (all.size() < 2) {  // about what the starter and SD 1.5 give
    out.ssim = 0.3;
    out.features = 0.8;
    out.latent = 1;
    return out;
  }
  out.ssim = out.features = out.latent = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      out.ssim += ssim(all[i]->planes, all[j]->planes);
      out.features += feature_distance(all[i]->planes, all[j]->planes);
      out.latent += latent_distance(all[i]->latent, all[j]->latent);
      ++pairs;
    }
  }
  out.ssim /= pairs;
  out.features /= pairs;
  out.latent /= pairs;
  return out;
}

Image Laboratory::picture(const Trial& trial) const { return value_or_throw(load_image(file_of(trial, ".png"))); }

}  // namespace pxf
