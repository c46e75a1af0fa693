// The built program as a child process, the way a user or a script runs it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace pxf::test {

struct Outcome {
  int status = -1;  // as a shell tells it: 128 + signal for one that was killed
  std::string out, err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

struct Surroundings {
  std::filesystem::path folder = ".";                         // current folder of the child
  std::string input = {};                                     // its standard input
  std::string output = {};                                    // a file for standard output, instead of `Outcome::out`
  std::optional<std::uint64_t> address_space = std::nullopt;  // bytes (ulimit -v)
  std::optional<std::uint64_t> file_size = std::nullopt;      // bytes (ulimit -f)
  std::optional<uid_t> user = std::nullopt;                   // works for root only
  std::optional<std::chrono::microseconds> killed_after = std::nullopt;  // by SIGKILL, unless it has ended by then
};

/// Runs it to its end.
Outcome run(const std::vector<std::string>& arguments, const Surroundings& surroundings = {});

/// Runs it on a terminal of its own, 100 columns by 30 rows, with TERM=xterm and 24-bit colour.
class OnTerminal {
 public:
  OnTerminal(const std::vector<std::string>& arguments, const std::filesystem::path& folder);
  ~OnTerminal();
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  /// Reads until the screen has shown `text`; false when the program ended, or said nothing for a minute, before it
  /// did.
  bool shows(const std::string& text);
  void type(const std::string& keys) const;
  void signal(int number) const;
  /// Waits for the end and gives the exit status, 128 + signal for one that was killed.
  int status();
  /// Everything shown so far, escape sequences included.
  const std::string& screen() const { return screen_; }

 private:
  bool read_more();
  pid_t child_ = -1;
  int terminal_ = -1;
  std::string screen_;
};

/// An empty folder that goes when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Names in it, hidden ones too, sorted.
  std::vector<std::string> files() const;

 private:
  std::filesystem::path path_;
};

}  // namespace pxf::test
