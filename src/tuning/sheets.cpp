#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "image/lettering.h"
#include "image/resize.h"
#include "tuning/report.h"

namespace pxf {
namespace {

constexpr int kMostRows = 4;
constexpr int kCell = 160, kPad = 8, kDot = 1, kTitleDot = 2, kLeft = 12;  // pixels of the picture, dots of letters
constexpr Colour kPaper{255, 255, 255}, kInk{30, 30, 30}, kFaint{110, 110, 110}, kNothing{235, 235, 235};

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

struct CellSize {
  int width = kCell, height = kCell;
};

CellSize cell_of(const TuneReport& report) {
  const double scale = static_cast<double>(kCell) / std::max({1, report.width, report.height});
  return {std::max(1, static_cast<int>(report.width * scale)), std::max(1, static_cast<int>(report.height * scale))};
}

void paste(const Image& from, Image& into, int x, int y) {
  const auto row = static_cast<std::size_t>(from.width) * Image::kChannels;
  for (int k = 0; k < from.height; ++k) {
    const std::size_t to =
        (static_cast<std::size_t>(y + k) * static_cast<std::size_t>(into.width) + static_cast<std::size_t>(x)) *
        Image::kChannels;
    std::copy_n(from.pixels.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(k) * row), row,
                into.pixels.begin() + static_cast<std::ptrdiff_t>(to));
  }
}

std::string cut_to(std::string text, int pixels) {
  while (!text.empty() && text_width(text, kDot) > pixels) text.pop_back();
  return text;
}

/// One word below the other, as many as it takes.
void draw_column_label(Image& on, int x, int y, const std::string& label, int width) {
  std::string line;
  std::size_t at = 0;
  while (at < label.size()) {
    const std::size_t end = std::min(label.find(' ', at), label.size());
    const std::string word = label.substr(at, end - at);
    if (!line.empty() && text_width(line + " " + word, kDot) > width) {
      draw_text(on, x, y, cut_to(line, width), kInk, kDot);
      y += text_height(kDot) + 2;
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    at = end + 1;
  }
  draw_text(on, x, y, cut_to(line, width), kInk, kDot);
}

constexpr int kLabelLines = 4, kLine = 9;

int height_of(const ContactSheet& sheet, CellSize cell) {
  const int rows = static_cast<int>(sheet.rows.size());
  return 3 * kPad + text_height(kTitleDot) + kLabelLines * kLine + rows * (cell.height + kPad + kLine);
}

void draw_sheet(const ContactSheet& sheet, CellSize cell, int y, Image& on) {
  draw_text(on, kLeft, y + kPad, sheet.title, kInk, kTitleDot);
  y += 2 * kPad + text_height(kTitleDot);
  for (std::size_t c = 0; c < sheet.columns.size(); ++c) {
    draw_column_label(on, kLeft + static_cast<int>(c) * (cell.width + kPad), y, sheet.columns[c], cell.width);
  }
  y += kLabelLines * kLine;
  for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
    draw_text(on, kLeft, y, cut_to(sheet.rows[r], on.width - 2 * kLeft), kFaint, kDot);
    y += kLine;
    for (std::size_t c = 0; c < sheet.pictures[r].size(); ++c) {
      const int x = kLeft + static_cast<int>(c) * (cell.width + kPad);
      const Image& one = sheet.pictures[r][c];
      if (one.pixels.empty()) {
        fill_box(on, x, y, cell.width, cell.height, kNothing);
      } else {
        paste(resized(one, cell.width, cell.height), on, x, y);
      }
    }
    y += cell.height + kPad;
  }
}

}  // namespace

std::vector<ContactSheet> sheets_of(const TuneReport& report, const Effort& effort, const SearchStart& start,
                                    Laboratory& lab) {
  return Sheets(report, effort, start, lab)();
}

Image sheet_image(const TuneReport& report, const std::vector<ContactSheet>& sheets) {
  const CellSize cell = cell_of(report);
  Image out;
  std::size_t columns = 1;
  out.height = 2 * kPad + text_height(kTitleDot);
  for (const ContactSheet& sheet : sheets) {
    columns = std::max(columns, sheet.columns.size());
    out.height += height_of(sheet, cell);
  }
  const std::string title = "tuning " + report.checkpoint;
  out.width = std::max(2 * kLeft + static_cast<int>(columns) * (cell.width + kPad), 640);
  out.pixels.resize(out.byte_count());
  fill_box(out, 0, 0, out.width, out.height, kPaper);
  draw_text(out, kLeft, kPad, title.substr(0, 50), kInk, kTitleDot);
  int y = 2 * kPad + text_height(kTitleDot);
  for (const ContactSheet& sheet : sheets) {
    draw_sheet(sheet, cell, y, out);
    y += height_of(sheet, cell);
  }
  return out;
}

}  // namespace pxf
