#include "cli/interrupt.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "cli/report.h"

namespace pxf::cli {
namespace {

CancelToken token;  // a signal handler reaches nothing but globals

/// Only what POSIX lets a handler do.
void on_signal(int) {
  const int saved = errno;
  if (token.requested()) {
    constexpr char kPlainColours[] = "\x1b[0m\n";
    if (isatty(STDERR_FILENO) && write(STDERR_FILENO, kPlainColours, sizeof kPlainColours - 1) < 0) errno = saved;
    _exit(static_cast<int>(Exit::cancelled));
  }
  token.request();
  errno = saved;
}

}  // namespace

const CancelToken& cancel_on_interrupt() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // a line that is being written is written; only wait_for_input() is cut short
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return token;
}

bool wait_for_input(int descriptor) {
  sigset_t stops, before;
  sigemptyset(&stops);
  sigaddset(&stops, SIGINT);
  sigaddset(&stops, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stops, &before);
  pollfd wait{descriptor, POLLIN, 0};
  while (!token.requested() && ppoll(&wait, 1, nullptr, &before) <= 0) {  // lets the signals in while it waits
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return !token.requested();
}

}  // namespace pxf::cli
