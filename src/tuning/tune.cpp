#include "pixelforge/tune.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "store/store.h"
#include "tuning/laboratory.h"
#include "tuning/prompts.h"
#include "tuning/report.h"
#include "tuning/search.h"
#include "tuning/tuned_name.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFirstSeed = 1001;

const Effort& named_effort(const std::string& name) {
  std::string names;
  for (const Effort& one : efforts()) {
    if (one.name == name) return one;
    names += (names.empty() ? "" : ", ") + one.name;
  }
  fail(ErrorCode::invalid_argument, "effort: got \"{}\", need one of {}", name, names);
}

const Effort& effort_for(const TuningState& state, double minutes, int start_steps) {
  require(std::isfinite(minutes) && minutes > 0 && minutes <= 10000, "minutes: got {}, need above 0, at most 10000",
          minutes);
  const double budget = minutes * 60 / state.seconds_per_evaluation;
  for (const Effort& one : efforts()) {
    if (cost_of(one, start_steps, state.evaluations_per_picture) <= budget) return one;
  }
  const double least = cost_of(efforts().back(), start_steps, state.evaluations_per_picture);
  fail(ErrorCode::invalid_argument,
       "minutes: got {}, need {:.0f}: a step of this checkpoint takes {:.2g} s here, and the shortest search {:.0f} of "
       "them",
       minutes, std::ceil(least * state.seconds_per_evaluation / 60 * 1.1), state.seconds_per_evaluation, least);
}

std::vector<Subject> subjects_of(const std::vector<std::string>& prompts) {
  std::vector<Subject> out;
  int most = 0;
  for (const Effort& one : efforts()) most = std::max(most, one.subjects);
  for (int i = 0; i < most; ++i) {
    const auto k = static_cast<std::size_t>(i);
    out.push_back({prompts[k % prompts.size()], kFirstSeed + k});
  }
  return out;
}

/// Counts what is asked for, and tells whoever waits.
class Teller {
 public:
  Teller(const OnTuneProgress& on_progress, TuneReport& report) : on_progress_(on_progress), report_(report) {}

  void begin(double total, const TuningState& state) {
    total_ = total;
    state_ = &state;
  }
  void part(const char* doing) {
    progress_.doing = doing;
    tell();
  }
  void measured(const Trial& trial, const Measured& m) {
    if (!asked_.insert(trial.key()).second) return;
    report_.pictures += 1;
    report_.evaluations += m.evaluations;
    done_ += m.evaluations + state_->evaluations_per_picture;
    progress_.pictures = report_.pictures;
    progress_.done = total_ > 0 ? std::min(1.0, done_ / total_) : 0;
    progress_.seconds_left = std::max(0.0, total_ - done_) * state_->seconds_per_evaluation;
    tell();
  }
  void drawn() { report_.drawn_now += 1; }

 private:
  void tell() const {
    if (on_progress_ && on_progress_(progress_) == Go::stop) fail(ErrorCode::cancelled, "cancelled");
  }

  const OnTuneProgress& on_progress_;
  TuneReport& report_;
  TuneProgress progress_;
  const TuningState* state_ = nullptr;
  double total_ = 0, done_ = 0;
  std::set<std::string> asked_;
};

void forget_state(const fs::path& home, const std::string& name) {
  std::error_code ignored;
  fs::remove(tuning_state_path(home, name), ignored);
  fs::remove_all(tuning_pictures_path(home, name), ignored);
}

void make_places(const Laboratory::Places& places) {
  std::error_code failed;
  fs::create_directories(places.pictures, failed);
  if (failed) throw Failure(system_error(failed.value(), "make the folder", places.pictures));
}

TuneReport tune_with(Engine& engine, const Checkpoint& checkpoint, const TuneOptions& options,
                     const OnTuneProgress& on_progress, const CancelToken* cancel) {
  const ModelInfo& info = checkpoint.info();
  const fs::path home = home_of_tuning(options.home);
  Store store(home);
  const TunedName name = identify(info, store);
  const Recommended before = first_recommendation(info);
  check_can_be_tuned(info, before, name, options.save);
  if (!options.effort.empty()) named_effort(options.effort);  // before anything is drawn

  std::optional<ClipScore> clip;
  if (!options.clip.empty()) clip.emplace(options.clip, engine.options());

  TuneReport report;
  report.checkpoint = info.name;
  report.before = before;
  report.prompts = options.prompts.empty() ? prompts_for(info) : options.prompts;
  report.width = info.recommended->width;
  report.height = info.recommended->height;
  const SearchStart wanted{
      {before.sampler, before.scheduler, evaluations_per_step(before.sampler)}, before.steps, before.cfg_scale};
  const TuningConditions conditions{
      fmt::format("{} {} {} {} {}{}", name.identity.sha256, name.identity.bytes, name.identity.mtime, info.prediction,
                  info.vae, clip ? " CLIP " + clip->stamp() : ""),
      version(),
      fmt::format("{} {} {} {} {} {}", before.sampler, before.scheduler, before.steps, before.cfg_scale,
                  info.recommended->clip_skip.value_or(0), info.recommended->negative),
      report.width,
      report.height,
      report.prompts};
  if (options.fresh) forget_state(home, name.name);
  const Laboratory::Places places{tuning_state_path(home, name.name), tuning_pictures_path(home, name.name)};
  make_places(places);

  Teller teller(on_progress, report);
  Laboratory lab(engine, checkpoint, subjects_of(report.prompts), places, read_tuning_state(places.state, conditions),
                 clip ? &*clip : nullptr, cancel, [&](const Trial&) { teller.drawn(); });
  teller.part("timing");
  const SearchStart start = usable_start(
      wanted, [&](const Trial& trial) { return lab.measure(trial); }, report.notes);
  lab.time(start.method, start.steps, start.cfg_scale);
  const Effort& effort =
      options.effort.empty() ? effort_for(lab.state(), options.minutes, start.steps) : named_effort(options.effort);
  report.effort = effort.name;
  report.seconds_per_evaluation = lab.state().seconds_per_evaluation;
  for (int i = 0; i < effort.subjects; ++i) report.seeds.push_back(lab.subjects()[static_cast<std::size_t>(i)].seed);
  teller.begin(cost_of(effort, start.steps, lab.state().evaluations_per_picture), lab.state());
  const Measure measure = [&](const Trial& trial) {
    Measured m = lab.measure(trial);
    teller.measured(trial, m);
    return m;
  };
  const Unlikeness unlikeness = [&](double cfg_scale) { return lab.unlikeness(cfg_scale); };
  search(
      effort, start, measure, unlikeness, [&](const char* doing) { teller.part(doing); }, report);
  if (options.save) {
    save_tuned(report.levels, name, store);
    report.saved = true;
  }
  if (!options.report.empty()) {
    teller.part("report");
    report.files = write_report(report, effort, start, lab, options.report);
  }
  return report;
}

}  // namespace

Result<TuneReport> tune(Engine& engine, const Checkpoint& checkpoint, const TuneOptions& options,
                        const OnTuneProgress& on_progress, const CancelToken* cancel) {
  return catch_errors([&] { return tune_with(engine, checkpoint, options, on_progress, cancel); });
}

Result<bool> forget_tuned(const std::string& name, const std::filesystem::path& home) {
  return catch_errors([&] {
    const fs::path place = home_of_tuning(home);
    Store store(place);
    const auto record = value_or_throw(store.find_name_or_hash(name));
    const bool is_path = name.find('/') != std::string::npos;
    const std::string known = record    ? record->name
                              : is_path ? name_of_outsider(fs::absolute(name).lexically_normal())
                                        : name;
    std::error_code failed;
    const bool measured = fs::exists(tuning_state_path(place, known), failed);
    forget_state(place, known);
    return value_or_throw(store.forget_tuned(known)) || measured;
  });
}

}  // namespace pxf
