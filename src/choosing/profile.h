// What a model is for, read from all that is said of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "choosing/reading.h"

namespace pxf {

/// What is said of a model, the surest first.
struct ProfileText {
  std::string good_for;  // by its user
  std::string title, tags, trigger_words, about;
  std::vector<std::pair<std::string, double>> trained_on;  // tags of its training pictures, and how often they occur
};

struct Profile {
  std::string name;
  std::string family;
  Reading is_for;
  std::string trigger_words, tags;
  int width = 0, height = 0;  // that suit it
  double parameters = 0;      // 1e9s of its network
  bool may_be_sold = true;    // a request that is commercial may use it
  bool in_memory = false;     // swapping to it costs nothing
};

Reading read_profile(const Lexicon& lexicon, const ProfileText& text);

/// As lines for the library's table: the weights alone, with the lexicon's version. read_stored gives no value for
/// those of another version.
std::string to_stored(const Lexicon& lexicon, const Reading& reading);
bool from_stored(const Lexicon& lexicon, std::string_view stored, Reading& into);

}  // namespace pxf
