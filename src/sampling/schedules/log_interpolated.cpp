#include <algorithm>
#include <cmath>

#include "sampling/schedules/schedules.h"

namespace pxf {

Sigmas log_interpolated(std::span<const double> levels, int points) {
  if (static_cast<std::size_t>(points) == levels.size()) return {levels.begin(), levels.end()};
  Sigmas out;
  for (int i = 0; i < points; ++i) {
    const double at = way(i, points) * static_cast<double>(levels.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(at), levels.size() - 2);
    out.push_back(std::exp(std::lerp(std::log(levels[low]), std::log(levels[low + 1]), at - static_cast<double>(low))));
  }
  return out;
}

}  // namespace pxf
