#include "cli/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/terminal.h"

namespace pxf::cli {
namespace {

constexpr int kCells = 24;

std::string bar(int done, int all) {
  const int full = all > 0 ? static_cast<int>(static_cast<long long>(kCells) * done / all) : 0;
  std::string out;
  for (int i = 0; i < kCells; ++i) out += i < full ? "█" : "░";
  return out;
}

std::string speed(double steps_per_second) {
  if (steps_per_second <= 0) return "";
  if (steps_per_second < 1) return fmt::format(" · {:.1f} s/it", 1 / steps_per_second);
  return fmt::format(" · {:.{}f} it/s", steps_per_second, steps_per_second < 9.95 ? 1 : 0);
}

/// "0:03", "1:02:03"; nothing while unknown.
std::string clock(double seconds) {
  if (seconds < 0) return "";
  const long long all = std::llround(std::min(seconds, 1e9));
  const long long hours = all / 3600, minutes = all / 60 % 60;
  return hours > 0 ? fmt::format(" · {}:{:02}:{:02}", hours, minutes, all % 60)
                   : fmt::format(" · {}:{:02}", minutes, all % 60);
}

}  // namespace

std::string progress_line(const Progress& p) {
  const std::string which = p.pictures > 1 ? fmt::format("picture {}/{} · ", p.picture + 1, p.pictures) : "";
  switch (p.stage) {
    case Stage::open: return which + "reading the checkpoint";
    case Stage::text: return which + "reading the prompt";
    case Stage::vae: return which + "decoding the picture";
    default:
      return fmt::format("{} {}{}/{}{}{}", bar(p.step, p.steps), which, p.step, p.steps, speed(p.steps_per_second),
                         clock(p.seconds_left));
  }
}

ProgressBar::ProgressBar(bool wanted) : shown_(wanted && is_terminal(stderr)) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressBar::show(const Progress& progress) {
  if (!shown_) return;
  const std::string line = progress_line(progress);
  if (progress.stage == Stage::steps) last_steps_ = line;
  std::fputs(fmt::format("\r{}\x1b[K", line).c_str(), stderr);
  drawn_ = true;
}

void ProgressBar::finish() {
  if (drawn_) std::fputs(fmt::format("\r{}\x1b[K\n", last_steps_).c_str(), stderr);
  drawn_ = false;
}

}  // namespace pxf::cli
