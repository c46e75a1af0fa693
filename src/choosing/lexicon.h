// The intents that pictures are asked with, and the words that mean them: assets/choosing/intents.txt.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "choosing/words.h"

namespace pxf {

struct Intent {
  std::string name;                        // "pixel art"
  bool is_medium = false;                  // how the picture is made, not what it shows
  bool is_look = false;                    // how it looks beside: what a LoRA gives
  std::optional<std::size_t> within = {};  // the wider one, that does not ask for this one
};

class Lexicon {
 public:
  struct Meaning {
    std::size_t intent = 0;
    double weight = 0;
    bool may_be_a_thing = false;             // seen in the picture, and no word for the picture
    std::optional<std::size_t> beside = {};  // counts only where this intent is asked for as well
  };
  struct Match {
    std::size_t words = 0;                // how many, from where it was looked for
    std::span<const Meaning> means = {};  // empty: these words mean no intent
    double sureness = 1;                  // below it where a word was only alike
  };

  /// The program's own. Read at first use.
  static const Lexicon& embedded();
  /// Throws Failure(internal), with the line, for what is no lexicon.
  explicit Lexicon(std::string_view text);

  std::span<const Intent> intents() const noexcept { return intents_; }
  /// The number of intents when there is none of this name.
  std::size_t find(std::string_view name) const;
  /// The longest phrase that begins with words[at]; failing that, a word that it is a misspelling or a compound of
  /// ("anmie", "pixelgrafik").
  Match longest_at(std::span<const Word> words, std::size_t at) const;
  /// Changes with every change of the lexicon.
  std::uint64_t version() const noexcept { return version_; }

 private:
  Intent intent_of(std::string_view line) const;
  void add(std::string_view phrase, const Meaning& meaning);
  static bool means_much(std::span<const Meaning> means);
  Meaning meaning_of(std::string_view line, std::string_view head) const;
  Match alike(const std::string& word) const;
  Match misspelt(const std::string& word) const;
  Match part_of(const std::string& word) const;

  std::vector<Intent> intents_;
  std::unordered_map<std::string, std::vector<Meaning>> phrases_;  // words joined by spaces
  std::unordered_map<std::string, std::size_t> longest_from_;      // by first word
  std::uint64_t version_ = 0;
};

}  // namespace pxf
