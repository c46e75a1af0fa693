// Bytes as text: base 64 of RFC 4648.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace pxf {

std::string base64(Bytes bytes);

/// With or without padding, blanks and line ends between the digits skipped; none for anything else.
std::optional<std::vector<std::byte>> bytes_of_base64(std::string_view text);

/// What follows the comma of "data:image/png;base64,", or the whole where it is no such address.
std::string_view without_data_prefix(std::string_view text);

}  // namespace pxf
