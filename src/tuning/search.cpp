#include "tuning/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/error.h"

namespace pxf {
namespace {

// Methods for the ordinary differential equation alone: they all converge to the same picture, so that one can be held
// against the other. Those that draw noise on the way end elsewhere at every number of steps.
constexpr std::array kSamplers{"dpmpp_2m", "uni_pc_bh2", "deis", "euler", "res_multistep", "heun", "ipndm", "lms"};
constexpr std::array kSchedulers{"karras", "normal", "beta", "sgm_uniform", "exponential", "kl_optimal"};
constexpr const char* kReferenceSampler = "dpmpp_2m";
constexpr const char* kReferenceScheduler = "karras";
constexpr int kLookSteps = 20;  // at most, of pictures for the CFG scale
constexpr int kEvidenceEvaluations = 8;

// A stronger CFG scale is taken as long as the network finds the prompt nearly as well; above it, what it finds falls.
constexpr double kEnoughEvidence = 0.95;
// The same of the cosines of a CLIP, which are near each other whatever is shown.
constexpr double kEnoughClip = 0.97;
// What guidance may do to pictures, against the weakest one: points of clipped pixels, and factors.
constexpr double kMostClipped = 0.06, kMostSaturation = 1.25, kMostContrast = 1.4, kMostEdges = 1.6;

// By how much a picture has to come nearer to the converged one for twice the evaluations, at each level.
constexpr std::array kPrices{std::pair{Level::best, 0.004}, std::pair{Level::balanced, 0.02},
                             std::pair{Level::fast, 0.05}};
// A lesser known method has to be better by more than this share of the price.
constexpr double kNearlyEqual = 0.25;

double mean_distance(const Measured& sum, double count, const Measured& unlike) {
  const auto share = [&](double value, double whole) { return whole > 0 ? value / count / whole : 0; };
  return (share(count - sum.ssim, 1 - unlike.ssim) + share(sum.features, unlike.features) +
          share(sum.latent, unlike.latent)) /
         3;
}

class Search {
 public:
  Search(const Effort& effort, const SearchStart& start, const Measure& measure, const Unlikeness& unlikeness,
         const OnPart& on_part, TuneReport& report)
      : effort_(effort),
        start_(start),
        measure_(measure),
        unlikeness_(unlikeness),
        on_part_(on_part),
        report_(report) {}

  void operator()() {
    tell("CFG scale");
    look_at_cfgs();
    choose_cfg();
    tell("reference");
    draw_references();
    tell("sampler");
    const std::vector<std::size_t> finalists = halve();
    tell("steps");
    for (const std::size_t one : finalists) follow_curve(one);
    choose_levels(finalists);
  }

 private:
  void tell(const char* doing) const {
    if (on_part_) on_part_(doing);
  }

  void note(std::string text) {
    if (std::ranges::find(report_.notes, text) == report_.notes.end()) report_.notes.push_back(std::move(text));
  }

  void look_at_cfgs() {
    for (const double cfg : effort_.cfgs) {
      report_.cfgs.push_back(look_at([&](int subject) { return look_trial(start_, cfg, subject); }));
      if (const TunedCfg& one = report_.cfgs.back(); !one.left_out.empty()) {
        note(fmt::format("CFG {}: {}", cfg, one.left_out));
      }
    }
  }

  void add_look(const Measured& m, TunedCfg& into) const {
    const double share = 1.0 / effort_.subjects;
    into.evidence += share * m.prompt_evidence;
    into.clip += share * m.clip;
    into.clipped += share * m.look.clipped;
    into.saturation += share * m.look.saturation;
    into.contrast += share * m.look.contrast;
    into.edges += share * m.look.edges;
    into.latent_spread += share * m.latent_spread;
  }

  void choose_cfg() {
    const auto usable = [](const TunedCfg& one) { return one.left_out.empty(); };
    const auto weakest = std::ranges::find_if(report_.cfgs, usable);
    if (weakest == report_.cfgs.end()) {
      fail(ErrorCode::bad_file, "no CFG scale gives a picture: {}", report_.cfgs.front().left_out);
    }
    for (TunedCfg& one : report_.cfgs) {
      if (usable(one)) one.left_out = what_is_too_much(one, *weakest);
    }
    double most = -1e9, at = 0;
    for (const TunedCfg& one : report_.cfgs) {
      if (!usable(one) || one.evidence <= most) continue;
      most = one.evidence;
      at = one.cfg_scale;
    }
    const double enough = most - (1 - kEnoughEvidence) * std::abs(most);
    const auto is_found = [&](const TunedCfg& one) { return usable(one) && one.evidence >= enough; };
    const double enough_clip = kEnoughClip * best_clip(is_found);
    for (TunedCfg& one : report_.cfgs) {
      if (is_found(one) && one.clip >= enough_clip) report_.cfg_scale = one.cfg_scale;
    }
    report_.why_cfg = fmt::format(
        "the strongest of those that do not spoil the pictures at which the network finds the prompt within "
        "{:.0f} % of the best ({:.3f} at CFG {})",
        100 * (1 - kEnoughEvidence), most, at);
    if (enough_clip > 0)
      report_.why_cfg += fmt::format(", and CLIP within {:.0f} % of the best of them", 100 * (1 - kEnoughClip));
  }

  /// 0 where no CLIP judges, or where it finds nothing in any.
  template <class IsFound>
  double best_clip(const IsFound& is_found) const {
    double best = 0;
    for (const TunedCfg& one : report_.cfgs) {
      if (is_found(one)) best = std::max(best, one.clip);
    }
    return best;
  }

  static std::string what_is_too_much(const TunedCfg& one, const TunedCfg& weakest) {
    const auto grows = [](double now, double before, double most) { return before > 0 && now > most * before; };
    if (one.clipped > weakest.clipped + kMostClipped) return "clips too many pixels";
    if (grows(one.saturation, weakest.saturation, kMostSaturation)) return "oversaturates";
    if (grows(one.contrast, weakest.contrast, kMostContrast)) return "too hard a contrast";
    if (grows(one.edges, weakest.edges, kMostEdges)) return "too hard edges";
    return {};
  }

  void draw_references() {
    for (int subject = 0; subject < effort_.subjects; ++subject) {
      const Measured m = measure_(reference_trial(effort_, report_.cfg_scale, subject));
      if (m.is_broken) {
        note(fmt::format("\"{}\": no converged picture ({})", subject_text(subject), m.why));
        continue;
      }
      subjects_.push_back(subject);
    }
    if (subjects_.empty()) fail(ErrorCode::bad_file, "many steps give no picture to hold others against");
    unlike_ = unlikeness_(report_.cfg_scale);
    report_.unlike_ssim = unlike_.ssim;
    report_.unlike_features = unlike_.features;
    report_.unlike_latent = unlike_.latent;
    const TrialMethod other{"heun", "normal", 2};
    const auto check = point_of(other, effort_.reference_steps, std::min<std::size_t>(2, subjects_.size()));
    if (!check) return;
    report_.uncertainty = check->distance;
    constexpr double kTooFar = 0.1;
    if (check->distance > kTooFar) {
      note(
          fmt::format("{} steps do not converge for this checkpoint: two methods end {:.2f} apart, so the steps below "
                      "are rough",
                      effort_.reference_steps, check->distance));
    }
  }

  std::string subject_text(int subject) const {
    return report_.prompts.empty() ? std::to_string(subject)
                                   : report_.prompts[static_cast<std::size_t>(subject) % report_.prompts.size()];
  }

  /// None when it breaks; `why_` then says how.
  std::optional<TunedPoint> point_of(const TrialMethod& method, int evaluations, std::size_t subjects) {
    Measured sum;
    sum.ssim = 0;
    TunedPoint out;
    for (std::size_t i = 0; i < subjects; ++i) {
      const Trial trial = compare_trial(method, evaluations, report_.cfg_scale, subjects_[i]);
      const Measured m = measure_(trial);
      if (m.is_broken) {
        why_ = m.why;
        return std::nullopt;
      }
      sum.ssim += m.ssim;
      sum.features += m.features;
      sum.latent += m.latent;
      out.evaluations = std::max(out.evaluations, m.evaluations);
      out.steps = trial.steps;
    }
    const auto count = static_cast<double>(subjects);
    out.distance = mean_distance(sum, count, unlike_);
    out.ssim = sum.ssim / count;
    out.features = sum.features / count;
    out.latent = sum.latent / count;
    return out;
  }

  TrialMethod method_of(std::size_t index) const {
    const TunedMethod& m = report_.methods[index];
    return {m.sampler, m.scheduler, evaluations_per_step(m.sampler)};
  }

  void list_methods() {
    for (int i = 0; i < effort_.samplers; ++i) {
      for (int k = 0; k < effort_.schedulers; ++k) {
        report_.methods.push_back({kSamplers[static_cast<std::size_t>(i)], kSchedulers[static_cast<std::size_t>(k)]});
      }
    }
    const bool deterministic = std::ranges::find(kSamplers, start_.method.sampler) != kSamplers.end();
    const auto is_start = [&](const TunedMethod& m) {
      return m.sampler == start_.method.sampler && m.scheduler == start_.method.scheduler;
    };
    if (deterministic && std::ranges::none_of(report_.methods, is_start)) {
      report_.methods.push_back({start_.method.sampler, start_.method.scheduler});
    }
  }

  /// The indices of those that are left.
  std::vector<std::size_t> halve() {
    list_methods();
    std::vector<std::size_t> left(report_.methods.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
    const auto finalists = static_cast<std::size_t>(effort_.finalists);
    for (std::size_t round = 0; left.size() > finalists; ++round) {
      const std::size_t subjects = std::min(subjects_.size(), std::size_t{2} << round);
      const int evaluations = effort_.counts[std::min(round + 1, effort_.counts.size() - 1)];
      left = better_half(left, evaluations, subjects, round);
      if (left.empty()) fail(ErrorCode::bad_file, "no sampler gives a picture: {}", why_);
    }
    return left;
  }

  std::vector<std::size_t> better_half(const std::vector<std::size_t>& among, int evaluations, std::size_t subjects,
                                       std::size_t round) {
    std::vector<std::pair<double, std::size_t>> ranked;
    for (const std::size_t one : among) {
      if (const auto point = point_of(method_of(one), evaluations, subjects)) {
        ranked.emplace_back(point->distance, one);
        continue;
      }
      report_.methods[one].left_out = why_;
      note(fmt::format("{} with {}: {}", report_.methods[one].sampler, report_.methods[one].scheduler, why_));
    }
    std::ranges::sort(ranked);
    const std::size_t keep = std::max<std::size_t>(static_cast<std::size_t>(effort_.finalists), (among.size() + 1) / 2);
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      const auto [distance, one] = ranked[i];
      if (i < keep) {
        out.push_back(one);
      } else {
        report_.methods[one].left_out = fmt::format("place {} of {} in round {}: distance {:.3f} after {} evaluations",
                                                    i + 1, ranked.size(), round + 1, distance, evaluations);
      }
    }
    return out;
  }

  void follow_curve(std::size_t index) {
    TunedMethod& method = report_.methods[index];
    for (const int evaluations : effort_.counts) {
      if (const auto point = point_of(method_of(index), evaluations, subjects_.size())) {
        method.points.push_back(*point);
      } else {
        note(fmt::format("{} with {} at {} evaluations: {}", method.sampler, method.scheduler, evaluations, why_));
      }
    }
  }

  /// The best point of a method at a price; none for one that has no points.
  std::optional<std::pair<double, TunedPoint>> best_of(const TunedMethod& method, double price) const {
    std::optional<std::pair<double, TunedPoint>> out;
    for (const TunedPoint& point : method.points) {
      const double cost = point.distance + price * std::log2(point.evaluations);
      if (!out || cost < out->first) out.emplace(cost, point);
    }
    return out;
  }

  void choose_levels(std::vector<std::size_t> finalists) {
    std::ranges::sort(finalists);  // the better known ones come first
    for (const auto& [level, price] : kPrices) {
      double least = 1e9;
      for (const std::size_t one : finalists) {
        if (const auto best = best_of(report_.methods[one], price)) least = std::min(least, best->first);
      }
      for (const std::size_t one : finalists) {
        const auto best = best_of(report_.methods[one], price);
        if (!best || best->first > least + kNearlyEqual * price) continue;
        take(level, price, report_.methods[one], best->second);
        break;
      }
      if (!report_.points.contains(level)) fail(ErrorCode::bad_file, "no number of steps gives a picture: {}", why_);
    }
    look_at_start();
  }

  void take(Level level, double price, const TunedMethod& method, const TunedPoint& point) {
    report_.levels[level] = {method.sampler, method.scheduler, point.steps, report_.cfg_scale};
    report_.points[level] = point;
    report_.why[level] = fmt::format(
        "after {} evaluations {:.1f} % of the way from the converged picture to another; twice as many would gain less "
        "than {:.1f} points",
        point.evaluations, 100 * point.distance, 100 * price);
  }

  /// Where it stood, as far as it can be compared, and what has become of it.
  void look_at_start() {
    report_.look_at_first = look_at([&](int subject) { return first_trial(start_, subject); });
    const Recommended::AtLevel& now = report_.levels.at(Level::balanced);
    const SearchStart then{{now.sampler, now.scheduler, evaluations_per_step(now.sampler)}, now.steps, now.cfg_scale};
    report_.look_now = look_at([&](int subject) { return first_trial(then, subject); });
    if (std::ranges::find(kSamplers, start_.method.sampler) == kSamplers.end()) return;
    const int evaluations = start_.steps * start_.method.evaluations_per_step;
    if (const auto point = point_of(start_.method, evaluations, subjects_.size())) report_.at_first = *point;
  }

  template <class TrialOf>
  TunedCfg look_at(const TrialOf& trial_of) const {
    TunedCfg out;
    for (int subject = 0; subject < effort_.subjects; ++subject) {
      const Trial trial = trial_of(subject);
      out.cfg_scale = trial.cfg_scale;
      const Measured m = measure_(trial);
      if (m.is_broken) {
        out.left_out = m.why;
        break;
      }
      add_look(m, out);
    }
    return out;
  }

  const Effort& effort_;
  const SearchStart& start_;
  const Measure& measure_;
  const Unlikeness& unlikeness_;
  const OnPart& on_part_;
  TuneReport& report_;
  std::vector<int> subjects_;  // that have a reference
  Measured unlike_;
  std::string why_;
};

}  // namespace

const std::vector<Effort>& efforts() {
  static const std::vector<Effort> all{
      {"large", 8, {1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12}, 8, 6, {6, 8, 10, 12, 16, 20, 26, 34, 50}, 4, 100},
      {"medium", 4, {1, 2, 3, 4, 5, 6, 7, 8.5, 10}, 4, 4, {8, 10, 14, 20, 28, 40}, 3, 60},
      {"small", 2, {1, 2, 3, 5, 7, 9}, 3, 3, {8, 12, 18, 26, 36}, 2, 50},
      {"tiny", 1, {1, 3, 5, 8}, 2, 2, {8, 14, 24}, 1, 40},
  };
  return all;
}

double cost_of(const Effort& effort, int start_steps, double per_picture) {
  const double look = std::min(start_steps, kLookSteps) + kEvidenceEvaluations + per_picture;
  double cost = static_cast<double>(effort.cfgs.size()) * effort.subjects * look;
  cost += (effort.subjects + std::min(2, effort.subjects)) * (effort.reference_steps + per_picture);
  double left = effort.samplers * effort.schedulers + 1;
  for (std::size_t round = 0; left > effort.finalists; ++round) {
    const double subjects = std::min(effort.subjects, 2 << round);
    cost += left * subjects * (effort.counts[std::min(round + 1, effort.counts.size() - 1)] + per_picture);
    left = std::max<double>(effort.finalists, std::ceil(left / 2));
  }
  for (const int count : effort.counts) cost += effort.finalists * effort.subjects * (count + per_picture);
  const int most = std::max(start_steps, effort.counts.back());
  return cost + effort.subjects * (2 * start_steps + most + 3 * per_picture + 2 * kEvidenceEvaluations);
}

SearchStart usable_start(const SearchStart& start, const Measure& measure, std::vector<std::string>& notes) {
  const Measured asked = measure(first_trial(start, 0));
  if (!asked.is_broken) return start;
  for (const double cfg_scale : {start.cfg_scale, 4.0, 1.0}) {
    const SearchStart other{{kReferenceSampler, kReferenceScheduler, 1}, kLookSteps, cfg_scale};
    if (measure(first_trial(other, 0)).is_broken) continue;
    notes.push_back(fmt::format("the recommended settings ({}, {}, {} steps, CFG {}): {}", start.method.sampler,
                                start.method.scheduler, start.steps, start.cfg_scale, asked.why));
    return other;
  }
  fail(ErrorCode::bad_file, "no setting gives a picture: {}", asked.why);
}

Trial first_trial(const SearchStart& start, int subject) {
  return {TrialKind::look, start.method, start.steps, start.cfg_scale, subject};
}

Trial look_trial(const SearchStart& start, double cfg_scale, int subject) {
  return {TrialKind::look, start.method, std::min(start.steps, kLookSteps), cfg_scale, subject};
}

Trial reference_trial(const Effort& effort, double cfg_scale, int subject) {
  return {
      TrialKind::reference, {kReferenceSampler, kReferenceScheduler, 1}, effort.reference_steps, cfg_scale, subject};
}

Trial compare_trial(const TrialMethod& method, int evaluations, double cfg_scale, int subject) {
  return {TrialKind::compare, method, std::max(1, evaluations / method.evaluations_per_step), cfg_scale, subject};
}

int evaluations_per_step(const std::string& sampler) { return sampler == "heun" || sampler == "dpm_2" ? 2 : 1; }

void search(const Effort& effort, const SearchStart& start, const Measure& measure, const Unlikeness& unlikeness,
            const OnPart& on_part, TuneReport& report) {
  Search(effort, start, measure, unlikeness, on_part, report)();
}

}  // namespace pxf
