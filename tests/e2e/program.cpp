#include "e2e/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "files.h"

namespace pxf::test {
namespace {

namespace fs = std::filesystem;

std::string program() {
  const char* elsewhere = std::getenv("PIXELFORGE_BINARY");
  return elsewhere ? elsewhere : PIXELFORGE_BINARY;
}

/// argv for exec; lives as long as the strings.
std::vector<char*> argv_of(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

void write_text(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

int shell_status(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void redirect(int stream, const fs::path& path, int flags) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (file < 0 || dup2(file, stream) < 0) _exit(126);
}

void limit(int what, std::optional<std::uint64_t> bytes) {
  if (!bytes) return;
  const rlimit both{*bytes, *bytes};
  if (setrlimit(what, &both) != 0) _exit(126);
}

}  // namespace

Outcome run(const std::vector<std::string>& arguments, const Surroundings& s) {
  const TemporaryFolder aside;
  const fs::path in = aside.path() / "in", err = aside.path() / "err";
  const fs::path out = s.output.empty() ? aside.path() / "out" : fs::path(s.output);
  write_text(in, s.input);
  std::vector<std::string> words = {program()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::vector<char*> argv = argv_of(words);

  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    redirect(STDIN_FILENO, in, O_RDONLY);
    redirect(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(STDERR_FILENO, err, O_WRONLY | O_CREAT | O_TRUNC);
    if (chdir(s.folder.c_str()) != 0) _exit(126);
    if (s.user && setuid(*s.user) != 0) _exit(126);
    limit(RLIMIT_FSIZE, s.file_size);
    limit(RLIMIT_AS, s.address_space);
    execv(argv[0], argv.data());
    _exit(127);
  }
  if (s.killed_after) {
    std::this_thread::sleep_for(*s.killed_after);
    kill(child, SIGKILL);
  }
  const int status = shell_status(child);
  return {status, s.output.empty() ? content_of(out) : "", content_of(err)};
}

OnTerminal::OnTerminal(const std::vector<std::string>& arguments, const fs::path& folder) {
  std::vector<std::string> words = {program()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const std::vector<char*> argv = argv_of(words);
  winsize size{30, 100, 1000, 600};
  child_ = forkpty(&terminal_, nullptr, nullptr, &size);
  if (child_ < 0) throw std::runtime_error("forkpty failed");
  if (child_ > 0) return;
  for (const char* name : {"NO_COLOR", "TMUX", "STY", "KITTY_WINDOW_ID", "TERM_PROGRAM"}) unsetenv(name);
  for (const int number : {SIGINT, SIGTERM}) ::signal(number, SIG_DFL);  // who runs the tests may ignore them
  setenv("TERM", "xterm", 1);
  setenv("COLORTERM", "truecolor", 1);
  if (chdir(folder.c_str()) != 0) _exit(126);
  execv(argv[0], argv.data());
  _exit(127);
}

OnTerminal::~OnTerminal() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    shell_status(child_);
  }
  close(terminal_);
}

bool OnTerminal::read_more() {
  constexpr int kMinute = 60'000;
  char buffer[4096];
  pollfd wait{terminal_, POLLIN, 0};
  if (poll(&wait, 1, kMinute) != 1) return false;
  const ssize_t n = read(terminal_, buffer, sizeof buffer);  // EIO once the program has ended
  if (n <= 0) return false;
  screen_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

bool OnTerminal::shows(const std::string& text) {
  while (screen_.find(text) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

void OnTerminal::type(const std::string& keys) const {
  if (write(terminal_, keys.data(), keys.size()) < 0) throw std::runtime_error("the terminal takes no keys");
}

void OnTerminal::signal(int number) const { kill(child_, number); }

int OnTerminal::status() {
  while (read_more()) {
  }
  return shell_status(std::exchange(child_, -1));
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "pxf-e2e-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryFolder::files() const {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(path_)) out.push_back(entry.path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace pxf::test
