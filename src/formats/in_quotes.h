// Text from a file, made fit for a message.
#pragma once

#include <string>
#include <string_view>

namespace pxf {

/// `text` in double quotes, with control characters, quotes, backslashes and what is not UTF-8 escaped, and cut to
/// about 120 bytes: a hostile name can neither flood a terminal nor move its cursor. Never cut inside a character.
std::string in_quotes(std::string_view text);

}  // namespace pxf
