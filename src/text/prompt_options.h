// A text with places that have several options, nested in one another: reading it with one option taken at each place.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace pxf {

struct TextRange {
  std::size_t begin, end;
};

/// A place, with its brackets, and what may stand there.
struct TextOptions {
  TextRange place;
  std::vector<TextRange> options;
};

/// Calls `use` with the pieces of `text` that stay, from left to right. `places` are in the order of the text; a place
/// inside another one lies within one of its options. `take(i)` says which option of the i-th place is taken; only
/// places that are reached are asked, in order. Linear time, whatever the nesting.
template <class Take, class Use>
void for_each_piece(std::string_view text, const std::vector<TextOptions>& places, Take&& take, Use&& use) {
  struct Inside {
    std::size_t end, resume;  // of the option; after its place
  };
  std::vector<Inside> inside{{text.size(), text.size()}};
  std::size_t at = 0, next = 0;
  while (!inside.empty()) {
    while (next < places.size() && places[next].place.begin < at) ++next;  // in options not taken
    const bool ends = next == places.size() || places[next].place.begin >= inside.back().end;
    const std::size_t piece_end = ends ? inside.back().end : places[next].place.begin;
    use(text.substr(at, piece_end - at));
    if (ends) {
      at = inside.back().resume;
      inside.pop_back();
    } else {
      const TextRange option = places[next].options[take(next)];
      inside.push_back({option.end, places[next].place.end});
      at = option.begin;
    }
  }
}

}  // namespace pxf
