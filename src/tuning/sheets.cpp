#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "tuning/report.h"

namespace pxf {
namespace {

constexpr int kMostRows = 4;
constexpr int kCell = 160;  // pixels of a picture's longer side

std::string subject_text(const Laboratory& lab, int subject) {
  const Subject& one = lab.subjects()[static_cast<std::size_t>(subject)];
  return fmt::format("{} (seed {})", one.prompt, one.seed);
}

std::string settings_text(const Recommended::AtLevel& at) {
  return fmt::format("{} {} {} CFG {}", at.sampler, at.scheduler, at.steps, at.cfg_scale);
}

class Sheets {
 public:
  Sheets(const TuneReport& report, const Effort& effort, const SearchStart& start, Laboratory& lab)
      : report_(report), effort_(effort), start_(start), lab_(lab), rows_(std::min(effort.subjects, kMostRows)) {}

  std::vector<ContactSheet> operator()() { return {levels(), cfgs(), steps()}; }

 private:
  /// Nothing for one that broke.
  Image picture(const Trial& trial) {
    const auto known = lab_.state().done.find(trial.key());
    return known == lab_.state().done.end() || known->second.is_broken ? Image{} : lab_.picture(trial);
  }

  ContactSheet begun(std::string title) const {
    ContactSheet sheet{std::move(title), {}, {}, {}};
    for (int k = 0; k < rows_; ++k) sheet.rows.push_back(subject_text(lab_, k));
    sheet.pictures.resize(sheet.rows.size());
    return sheet;
  }

  template <class TrialOf>
  void add_column(ContactSheet& sheet, std::string label, const TrialOf& trial_of) {
    sheet.columns.push_back(std::move(label));
    for (int k = 0; k < rows_; ++k) sheet.pictures[static_cast<std::size_t>(k)].push_back(picture(trial_of(k)));
  }

  Trial at_level(Level level, int subject) const {
    const Recommended::AtLevel& at = report_.levels.at(level);
    const int per_step = evaluations_per_step(at.sampler);
    return compare_trial({at.sampler, at.scheduler, per_step}, at.steps * per_step, at.cfg_scale, subject);
  }

  ContactSheet levels() {
    ContactSheet sheet = begun("Before and after");
    add_column(sheet,
               fmt::format("before: {} {} {} CFG {}", start_.method.sampler, start_.method.scheduler, start_.steps,
                           start_.cfg_scale),
               [&](int k) { return first_trial(start_, k); });
    for (const Level level : {Level::fast, Level::balanced, Level::best}) {
      add_column(sheet, fmt::format("{}: {}", to_string(level), settings_text(report_.levels.at(level))),
                 [&](int k) { return at_level(level, k); });
    }
    add_column(sheet, fmt::format("converged: {} steps CFG {}", effort_.reference_steps, report_.cfg_scale),
               [&](int k) { return reference_trial(effort_, report_.cfg_scale, k); });
    return sheet;
  }

  ContactSheet cfgs() {
    ContactSheet sheet = begun("CFG scales");
    for (const TunedCfg& one : report_.cfgs) {
      add_column(sheet, fmt::format("CFG {}{}", one.cfg_scale, one.cfg_scale == report_.cfg_scale ? " (chosen)" : ""),
                 [&](int k) { return look_trial(start_, one.cfg_scale, k); });
    }
    return sheet;
  }

  ContactSheet steps() {
    const Recommended::AtLevel& at = report_.levels.at(Level::balanced);
    const TrialMethod method{at.sampler, at.scheduler, evaluations_per_step(at.sampler)};
    ContactSheet sheet = begun(fmt::format("Evaluations of {} with {}", at.sampler, at.scheduler));
    for (const int count : effort_.counts) {
      add_column(sheet, fmt::format("{}", count),
                 [&](int k) { return compare_trial(method, count, report_.cfg_scale, k); });
    }
    return sheet;
  }

  const TuneReport& report_;
  const Effort& effort_;
  const SearchStart& start_;
  Laboratory& lab_;
  int rows_;
};

}  // namespace

std::vector<ContactSheet> sheets_of(const TuneReport& report, const Effort& effort, const SearchStart& start,
                                    Laboratory& lab) {
  return Sheets(report, effort, start, lab)();
}

Image sheet_image(const TuneReport& report, const std::vector<ContactSheet>& sheets) {
  const double scale = static_cast<double>(kCell) / std::max({1, report.width, report.height});
  return draw_sheets("tuning " + report.checkpoint, sheets, std::max(1, static_cast<int>(report.width * scale)),
                     std::max(1, static_cast<int>(report.height * scale)));
}

}  // namespace pxf
