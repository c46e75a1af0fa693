#include "cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace pxf::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// The controlling terminal with echo and line editing off while this lives.
class RawTerminal {
 public:
  RawTerminal() : fd_(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    // A background process that touched the settings would be stopped by SIGTTOU.
    if (fd_ < 0 || tcgetpgrp(fd_) != getpgrp() || tcgetattr(fd_, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw_ = tcsetattr(fd_, TCSADRAIN, &raw) == 0;
  }
  ~RawTerminal() {
    if (raw_) tcsetattr(fd_, TCSADRAIN, &before_);
    if (fd_ >= 0) close(fd_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  /// The answer up to and with `last`, or what came of it in `patience_ms`.
  std::string ask(std::string_view question, char last, int patience_ms) const {
    std::string answer;
    if (!raw_ || write(fd_, question.data(), question.size()) < 0) return answer;
    pollfd wait{fd_, POLLIN, 0};
    for (char c = 0; c != last && answer.size() < 256 && poll(&wait, 1, patience_ms) == 1;) {
      if (read(fd_, &c, 1) != 1) break;
      answer += c;
    }
    return answer;
  }

 private:
  int fd_;
  termios before_{};
  bool raw_ = false;
};

}  // namespace

bool is_terminal(std::FILE* stream) { return isatty(fileno(stream)) != 0; }

Window window_of(std::FILE* stream) {
  Window window;
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return window;
  window.columns = size.ws_col;
  window.rows = size.ws_row;
  if (size.ws_xpixel >= size.ws_col && size.ws_ypixel >= size.ws_row) {
    window.cell_width = size.ws_xpixel / size.ws_col;
    window.cell_height = size.ws_ypixel / size.ws_row;
  }
  return window;
}

bool wants_colour() { return environment("NO_COLOR").empty() && environment("TERM") != "dumb"; }

bool has_true_colour() {
  const std::string_view said = environment("COLORTERM");
  return said == "truecolor" || said == "24bit" || contains(environment("TERM"), "direct");
}

bool shows_kitty_pictures() {
  if (!environment("TMUX").empty() || !environment("STY").empty()) return false;
  const std::string_view term = environment("TERM"), program = environment("TERM_PROGRAM");
  return contains(term, "kitty") || contains(term, "ghostty") || !environment("KITTY_WINDOW_ID").empty() ||
         program == "ghostty" || program == "WezTerm";
}

bool shows_sixel_pictures() {
  const std::string_view term = environment("TERM");
  if (term.empty() || term == "dumb" || term == "linux") return false;
  // CSI ? 62 ; 4 ; 22 c: what the terminal is, then what it can do; 4 is sixel.
  std::string answer = RawTerminal().ask("\x1b[c", 'c', 250);
  if (answer.empty() || answer.back() != 'c') return false;
  answer.back() = ';';
  return contains(answer, ";4;");
}

}  // namespace pxf::cli
