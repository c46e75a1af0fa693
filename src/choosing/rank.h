// Which of several models fits a prompt. A pure function of what is given, so that every choice can be explained and
// had again.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "choosing/profile.h"

namespace pxf {

/// What a choice is made for.
struct Wish {
  PromptReading prompt;
  std::optional<int> width = {}, height = {};
  bool commercial = false;
};

/// What is known of one candidate beside its profile, from elsewhere.
struct Support {
  double words = 0;     // how well its texts match the prompt's words: 0 or more, as BM25 gives it
  double habit = 0;     // what was kept and dropped before, -1 to 1
  double likeness = 0;  // of its texts to the prompt, as a text encoder reads both, -1 to 1
};

/// One candidate's score and the parts that it is the sum of.
struct Rated {
  std::size_t profile = 0;
  double score = 0;
  double intent = 0;   // how well what it is for fits what is asked
  double general = 0;  // for prompts that ask for nothing in particular
  double words = 0;
  double habit = 0;
  double likeness = 0;
  double size = 0;      // 0 or less: asked for a size far from its own
  double strength = 0;  // larger networks draw better
  double in_memory = 0;
  std::string why;  // "made for pixel art ("8 bit")"
};

/// The best first; equal ones by name. Candidates that the wish rules out (licences) are not among them.
/// `supports` has as many entries as `profiles`, or none.
std::vector<Rated> rank(const Lexicon& lexicon, const Wish& wish, std::span<const Profile> profiles,
                        std::span<const Support> supports = {});

struct RatedLora {
  std::size_t profile = 0;
  double score = 0;  // 0 to 1; those below kProposes are not given
  std::string why;   // "for "neon sign""
};

/// LoRAs that a prompt asks for, by their trigger words, tags and intents, the best first. Those of another family than
/// `family`, where one is given, are not among them.
std::vector<RatedLora> fitting_loras(const Lexicon& lexicon, const Wish& wish, std::span<const Profile> loras,
                                     std::string_view family);

}  // namespace pxf
