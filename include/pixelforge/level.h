// How much time a picture may take.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pxf {

/// `balanced` is what a request gets that says nothing. What the others mean for a checkpoint, `tune` has found here;
/// where it has not been tuned, `fast` takes six tenths of the steps, eight at least, and `best` half as many again.
/// Either leaves a checkpoint alone that was distilled to few steps (12 or fewer, or without guidance).
enum class Level : std::uint8_t { best, balanced, fast };

/// "best", "balanced", "fast".
const char* to_string(Level level) noexcept;
std::optional<Level> level_of(std::string_view name) noexcept;

}  // namespace pxf
