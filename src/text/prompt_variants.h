// Prompts that differ from picture to picture: "a {red|3::blue|{old|new} green} cat in __place__".
//   {a|b|c}   one of them; "3::" before an option makes it three times as likely
//   __name__  one of the lines of a wildcard, with variants and wildcards in it chosen as well
//   \{ \}     the character itself
// A bar inside [ ] is that bracket's. Braces without a bar, braces that do not pair and names that nobody knows are
// text. The seed decides: the same prompt, wildcards and seed give the same text everywhere. Pure function, done after
// styles and before all grammars.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pxf {

/// The lines of a wildcard; none for a name that it does not know. Names come out of prompts: letters, digits, space
/// and _ - . / but never ".." nor a / at the beginning.
using WildcardLines = std::function<std::vector<std::string>(std::string_view name)>;

/// Throws invalid_argument when wildcards stand in each other more than 16 deep, and when a prompt takes more than
/// 100,000 choices or grows beyond kLongestPrompt.
std::string choose_variants(std::string_view prompt, std::uint64_t seed, const WildcardLines& wildcards = {});

}  // namespace pxf
