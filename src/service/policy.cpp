#include "service/policy.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <sstream>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lower_case.h"
#include "base/temporary_file.h"
#include "base/trimmed.h"
#include "json/json.h"
#include "pixelforge/picture_file.h"

extern char** environ;

namespace pxf {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestList = std::size_t{16} << 20;
constexpr std::size_t kLongestAnswer = 4096;
constexpr int kAllowed = 0, kRefused = 1;

[[noreturn]] void refuse(const std::string& why) { throw Failure(Error{ErrorCode::invalid_argument, why, "prompt"}); }

std::vector<std::string> read_list(const fs::path& file) {
  std::istringstream in(value_or_throw(read_file(file, kLongestList)));
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    const std::string words = plain_words(line.substr(0, line.find('#')));
    if (words != " ") out.push_back(words);
  }
  return out;
}

/// Without what weights and alternatives are written with: "n(ud)e" and "[fox]".
std::string without_brackets(std::string text) {
  std::erase_if(text, [](char c) { return std::string_view("()[]{}\\").find(c) != std::string_view::npos; });
  return text;
}

/// Its text as what a program reads from its standard input.
Descriptor as_input(const std::string& text) {
  Descriptor file(::memfd_create("question", MFD_CLOEXEC));
  const bool written = file.get() >= 0 && ::write(file.get(), text.data(), text.size()) == std::ssize(text) &&
                       ::lseek(file.get(), 0, SEEK_SET) == 0;
  if (!written) throw Failure(system_error(errno, "ask the policy's program", "memory"));
  return file;
}

struct Answer {
  int status = -1;  // of the program; below 0: it took too long or ended by a signal
  std::string text;
};

/// Reads until the program closes its output, or time is up.
std::string read_answer(int from, Clock::time_point until) {
  std::string out;
  while (out.size() < kLongestAnswer) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd one{from, POLLIN, 0};
    if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) <= 0) break;
    char buffer[1024];
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count <= 0) break;
    out.append(buffer, static_cast<std::size_t>(count));
  }
  return out;
}

int status_of(pid_t program, Clock::time_point until) {
  for (int status = 0; Clock::now() < until; ::usleep(2000)) {
    if (::waitpid(program, &status, WNOHANG) == program) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  ::kill(-program, SIGKILL);  // with all that it has started
  ::waitpid(program, nullptr, 0);
  return -1;
}

Answer ask(const std::string& command, const std::string& question, int seconds) {
  const Descriptor input = as_input(question);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Failure(system_error(errno, "ask the policy's program", command));
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const char* words[] = {"sh", "-c", command.c_str(), nullptr};
  pid_t program = 0;
  const int failed =
      ::posix_spawn(&program, "/bin/sh", &actions, &attributes, const_cast<char* const*>(words), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) throw Failure(system_error(failed, "start the policy's program", command));
  to = Descriptor();
  const auto until = Clock::now() + std::chrono::seconds(seconds);
  Answer out;
  out.text = read_answer(from.get(), until);
  out.status = status_of(program, until);
  return out;
}

void check_by_command(const PolicyOptions& options, const Json& question) {
  const Answer answer = ask(options.command, dump(question) + "\n", options.seconds);
  if (answer.status == kAllowed) return;
  if (answer.status != kRefused) {
    fail(ErrorCode::io, "the policy's program {}, so nothing is drawn; whoever runs this server must look at it",
         answer.status < 0 ? "took too long or was ended" : fmt::format("ended with {}, need 0 or 1", answer.status));
  }
  const std::string why(trimmed(answer.text.substr(0, answer.text.find('\n'))));
  refuse(why.empty() ? "this server's policy refuses it" : "this server's policy refuses it: " + why);
}

}  // namespace

std::string plain_words(const std::string& text) {
  std::string out = " ";
  for (const char c : in_lower_case(text)) {
    const bool in_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (in_word) {
      out += c;
    } else if (out.back() != ' ') {
      out += ' ';
    }
  }
  return out.back() == ' ' ? out : out + ' ';
}

Policy::Policy(PolicyOptions options) : options_(std::move(options)) {
  if (!options_.words.empty()) words_ = read_list(options_.words);
}

void Policy::check_words(const std::string& prompt) const {
  for (const std::string& text : {plain_words(prompt), plain_words(without_brackets(prompt))}) {
    for (const std::string& word : words_) {
      if (text.find(word) != std::string::npos) refuse(fmt::format("this server does not draw \"{}\"", trimmed(word)));
    }
  }
}

void Policy::check_prompt(const std::string& owner, const Request& request) const {
  check_words(request.prompt);
  if (options_.command.empty()) return;
  check_by_command(options_,
                   {{"about", "prompt"}, {"owner", owner}, {"prompt", request.prompt}, {"negative", request.negative}});
}

void Policy::check_picture(const std::string& owner, const Picture& picture) const {
  check_words(picture.prompt);
  if (options_.command.empty()) return;
  const auto file = value_or_throw(TemporaryFile::create(fs::temp_directory_path(), "pixelforge-policy.png"));
  value_or_throw(save_picture(picture, file.path()));
  check_by_command(
      options_, {{"about", "picture"}, {"owner", owner}, {"prompt", picture.prompt}, {"file", file.path().string()}});
}

}  // namespace pxf
