// What prompts and models' texts say: no input may crash it, and every weight stays within its bounds.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "choosing/profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const pxf::Lexicon& lexicon = pxf::Lexicon::embedded();
  const std::size_t half = size / 2;
  const pxf::PromptReading prompt = pxf::read_prompt(lexicon, text.substr(0, half), text.substr(half));
  for (const double weight : prompt.wish.weight) {
    if (!(std::abs(weight) <= 2)) std::abort();
  }
  pxf::ProfileText profile;
  profile.about = text;
  profile.trained_on = {{std::string(text.substr(0, half)), 3}, {std::string(text.substr(half)), 0}};
  const pxf::Reading reading = pxf::read_profile(lexicon, profile);
  pxf::Reading again;
  if (!pxf::from_stored(lexicon, pxf::to_stored(lexicon, reading), again)) std::abort();
  static_cast<void>(pxf::from_stored(lexicon, text, again));
  return 0;
}
