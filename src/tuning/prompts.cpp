#include "tuning/prompts.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/lower_case.h"

namespace pxf {
namespace {

struct Kind {
  std::array<std::string_view, 3> words;  // one of them is said
  std::array<const char*, 4> prompts;
};

// Different enough that a setting which suits one thing alone does not win: figures, things, scenes, dark and bright.
constexpr std::array kKinds{
    Kind{{"pixelforge starter", "\x01", "\x01"},  // which knows these words and few others
         {"a purple mushroom, green background", "a blue castle in the mountains",
          "a white rabbit and a red apple on a blue background", "a snowman in winter"}},
    Kind{{"anime", "manga", "danbooru"},
         {"1girl, silver hair, blue eyes, school uniform, cherry blossoms, smile",
          "1boy, black coat, sword, night, city lights, rain", "scenery, castle, mountains, lake, sunset, no humans",
          "a cat on a windowsill, potted plants, morning light, no humans"}},
    Kind{{"pixel art", "pixelart", "8-bit"},
         {"pixel art, a knight with a sword and a shield", "pixel art, a small house by a river at night",
          "pixel art, a red apple and a blue bottle on a table", "pixel art, a dragon above a castle"}},
    Kind{{"photo", "realis", "portrait"},
         {"photo of an old fisherman, weathered face, soft light", "photo of a red apple on a wooden table by a window",
          "photo of a mountain lake at sunrise, mist, reflections", "photo of a black cat on a stack of books"}},
};
constexpr std::array kGeneral{"portrait of an old fisherman, weathered face, soft light",
                              "a red apple and a blue bottle on a wooden table",
                              "a castle on a hill above a lake at sunset", "a black cat on a stack of books"};

/// Many triggers are alternatives: only a short phrase is one that all pictures want.
std::string trigger_of(const ModelInfo& info) {
  const auto phrase = info.metadata.find("modelspec.trigger_phrase");
  constexpr std::size_t kLongest = 60;
  return phrase == info.metadata.end() || phrase->second.size() > kLongest ? std::string() : phrase->second;
}

}  // namespace

std::vector<std::string> prompts_for(const ModelInfo& info) {
  const std::string said = in_lower_case(info.model_title + " " + info.tags + " " + info.name + " " + info.description);
  std::vector<std::string> out(kGeneral.begin(), kGeneral.end());
  for (const Kind& kind : kKinds) {
    const bool is_it =
        std::ranges::any_of(kind.words, [&](std::string_view word) { return said.find(word) != std::string::npos; });
    if (!is_it) continue;
    out.assign(kind.prompts.begin(), kind.prompts.end());
    break;
  }
  if (const std::string trigger = trigger_of(info); !trigger.empty()) {
    for (std::string& prompt : out) prompt = trigger + ", " + prompt;
  }
  return out;
}

}  // namespace pxf
