#include "cli/file_progress_line.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/plain_text.h"
#include "cli/terminal.h"

namespace pxf::cli {

FileProgressLine::FileProgressLine(std::string doing, bool wanted)
    : doing_(std::move(doing)), shown_(wanted && is_terminal(stderr)) {}

FileProgressLine::~FileProgressLine() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void FileProgressLine::show(const FileProgress& p) {
  constexpr double kBetween = 0.1;  // seconds
  if (!shown_ || p.seconds < next_) return;
  next_ = p.seconds + kBetween;
  drawn_ = true;
  const double part = p.total > 0 ? static_cast<double>(p.done) / static_cast<double>(p.total) : 1;
  const double speed = p.seconds > 0 ? static_cast<double>(p.done) / p.seconds : 0;
  std::fputs(fmt::format("\r{} {:.0f} % of {} · {}/s\x1b[K", doing_, 100 * part, bytes_text(p.total),
                         bytes_text(static_cast<std::uint64_t>(speed)))
                 .c_str(),
             stderr);
}

OnFileProgress FileProgressLine::callback() {
  return [this](const FileProgress& progress) { return show(progress), Go::on; };
}

}  // namespace pxf::cli
