// Styles: texts that a user keeps and lays around prompts. The first thing that is done to a prompt.
// As A1111 1.10's styles.py does it. Pure functions.
// Not here: where styles are kept, or their names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace pxf {

/// Nobody writes a longer prompt: templates that grow beyond it are a mistake, and are refused.
inline constexpr std::size_t kLongestPrompt = 1'000'000;

/// Each style in turn: its text with the prompt so far for every "{prompt}" in it, else both with ", " between, without
/// the white space around them. Throws invalid_argument when the result grows beyond kLongestPrompt.
std::string with_styles(std::string_view prompt, std::span<const std::string> styles);

}  // namespace pxf
