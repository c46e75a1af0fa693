// Texts as sequences of words, in which prompts and the texts of models are compared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pxf {

struct Word {
  std::string text;           // lower case, without accents, a plural's "s" and an apostrophe
  std::string typed;          // likewise, with its "s": what full-text search looks for
  std::uint32_t segment = 0;  // which of the parts between commas, full stops and the like it stands in
  std::uint32_t line = 0;
  bool quoted = false;  // between quotation marks: words that shall be seen in the picture
};

/// Reads at most the first 64 KiB. Signs of Chinese and Japanese are a word each. What is no UTF-8 is left out, and so
/// is what A1111 writes between angle brackets.
std::vector<Word> words_of(std::string_view text);

}  // namespace pxf
