// What may be asked for, and what may be kept, as whoever runs this server says: a list of words, and a program that is
// asked about each prompt and each picture. Both are off where nothing is said.
// Thread-safe. A program that fails, or takes too long, refuses: nothing slips through because of a mistake.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "pixelforge/engine.h"
#include "pixelforge/request.h"

namespace pxf {

struct PolicyOptions {
  std::filesystem::path words = {};  // a word or some words a line, # begins a remark; empty: none
  std::string command = {};          // for the shell; empty: none
  int seconds = 10;                  // that the program may take
};

class Policy {
 public:
  /// Throws Failure: not_found, io (the list).
  explicit Policy(PolicyOptions options);

  /// Throws Failure: invalid_argument for the field "prompt", with the word or what the program says; io (the program).
  void check_prompt(const std::string& owner, const Request& request) const;
  /// Of a picture that was drawn: the words of its own prompt, which has wildcards and styles in place, and the
  /// program.
  void check_picture(const std::string& owner, const Picture& picture) const;

 private:
  void check_words(const std::string& prompt) const;

  PolicyOptions options_;
  std::vector<std::string> words_;  // as plain_words gives them
};

/// Letters in lower case and digits, a space about each word: " a red fox ". Brackets and what else stands between
/// letters part words.
std::string plain_words(const std::string& text);

}  // namespace pxf
