#include "cli/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/terminal.h"

namespace pxf::cli {
namespace {

constexpr int kCells = 24;

std::string speed(double steps_per_second) {
  if (steps_per_second <= 0) return "";
  if (steps_per_second < 1) return fmt::format(" · {:.1f} s/it", 1 / steps_per_second);
  return fmt::format(" · {:.{}f} it/s", steps_per_second, steps_per_second < 9.95 ? 1 : 0);
}

}  // namespace

std::string bar_text(double part) {
  const int full = static_cast<int>(kCells * std::clamp(part, 0.0, 1.0) + 1e-9);  // 0.7 of 20 steps is 14
  std::string out;
  for (int i = 0; i < kCells; ++i) out += i < full ? "█" : "░";
  return out;
}

std::string time_left_text(double seconds) {
  if (seconds < 0) return "";
  const long long all = std::llround(std::min(seconds, 1e9));
  const long long hours = all / 3600, minutes = all / 60 % 60;
  return hours > 0 ? fmt::format(" · {}:{:02}:{:02}", hours, minutes, all % 60)
                   : fmt::format(" · {}:{:02}", minutes, all % 60);
}

std::string progress_line(const Progress& p) {
  const std::string which = p.pictures > 1 ? fmt::format("picture {}/{} · ", p.picture + 1, p.pictures) : "";
  switch (p.stage) {
    case Stage::open: return which + "reading the checkpoint";
    case Stage::text: return which + "reading the prompt";
    case Stage::vae: return which + "decoding the picture";
    default:
      return fmt::format("{} {}{}/{}{}{}", bar_text(p.steps > 0 ? static_cast<double>(p.step) / p.steps : 0), which,
                         p.step, p.steps, speed(p.steps_per_second), time_left_text(p.seconds_left));
  }
}

ProgressBar::ProgressBar(bool wanted) : shown_(wanted && is_terminal(stderr)) {}

ProgressBar::~ProgressBar() { erase(); }

void ProgressBar::erase() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

void ProgressBar::show(const Progress& progress) {
  if (!shown_) return;
  const std::string line = progress_line(progress);
  if (progress.stage == Stage::steps) last_steps_ = line;
  show(line);
}

void ProgressBar::show(const std::string& line) {
  if (!shown_) return;
  std::fputs(fmt::format("\r{}\x1b[K", line).c_str(), stderr);
  drawn_ = true;
}

void ProgressBar::finish() {
  if (drawn_) std::fputs(fmt::format("\r{}\x1b[K\n", last_steps_).c_str(), stderr);
  drawn_ = false;
}

}  // namespace pxf::cli
