#include "pixelforge/level.h"

namespace pxf {

const char* to_string(Level level) noexcept {
  switch (level) {
    case Level::best: return "best";
    case Level::balanced: return "balanced";
    case Level::fast: return "fast";
  }
  return "balanced";
}

std::optional<Level> level_of(std::string_view name) noexcept {
  for (const Level level : {Level::best, Level::balanced, Level::fast}) {
    if (name == to_string(level)) return level;
  }
  return std::nullopt;
}

}  // namespace pxf
