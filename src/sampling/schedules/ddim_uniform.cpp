#include <algorithm>

#include "sampling/schedules/schedules.h"

namespace pxf {

// Rows 1, 1 + stride, 1 + 2 stride, ... of the table, from the highest: DDIM's own spacing (Song et al. 2021).
// The stride is whole, so the first sigma lies below the maximum and the number of steps is not always the one asked
// for. ComfyUI ddim_scheduler.
Sigmas ddim_uniform_schedule(const NoiseSchedule& noise, int steps) {
  const auto table = noise.sigmas();
  const std::size_t stride = std::max<std::size_t>(table.size() / static_cast<std::size_t>(steps), 1);
  Sigmas sigmas{0};
  for (std::size_t row = 1; row < table.size(); row += stride) sigmas.push_back(table[row]);
  std::reverse(sigmas.begin(), sigmas.end());
  return sigmas;
}

}  // namespace pxf
