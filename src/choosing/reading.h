// What a text asks for, or says that a model is for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "choosing/lexicon.h"

namespace pxf {

/// A weight for each intent of the lexicon: 0 for none, 1 for surely, below 0 for surely not.
struct Reading {
  std::vector<double> weight;
  std::vector<std::string> by;  // the words that say it most plainly, as typed
  std::vector<bool> plainly;    // whether they can mean nothing else: weight 1 in the lexicon

  double strongest() const;
};

/// A prompt and its negative prompt.
struct PromptReading {
  Reading wish;
  std::vector<std::string> terms;    // for full-text search: what is not negated, without common words
  std::vector<std::string> phrases;  // two and three such words that stand side by side
};

PromptReading read_prompt(const Lexicon& lexicon, std::string_view prompt, std::string_view negative);

/// Of a text in which every mention counts `trust`, 0 to 1.
Reading read_text(const Lexicon& lexicon, std::string_view text, double trust);

/// Both together; where they contradict each other, the stronger.
void add(Reading& into, const Reading& other);

}  // namespace pxf
