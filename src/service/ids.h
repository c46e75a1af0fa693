// Names of jobs and pictures: 26 letters and digits that sort in the order they were made in, and cannot be
// guessed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pxf {

/// Milliseconds since 1970.
std::int64_t now_ms();

/// 48 bits of time and 80 of chance in Crockford's base 32, lower case (the form of a ULID).
std::string new_id();
bool is_id(std::string_view text);

/// So many random bytes from the system, in hexadecimal.
std::string random_hex(int bytes);

/// "2026-11-30T14:05:59.123Z"
std::string rfc3339(std::int64_t ms);

}  // namespace pxf
