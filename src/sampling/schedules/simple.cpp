#include "sampling/schedules/schedules.h"

namespace pxf {

// Whole rows of the table, counted from its end in equal strides. ComfyUI simple_scheduler.
Sigmas simple_schedule(const NoiseSchedule& noise, int steps) {
  const auto table = noise.sigmas();
  const double stride = static_cast<double>(table.size()) / steps;
  Sigmas sigmas;
  for (int i = 0; i < steps; ++i) sigmas.push_back(table[table.size() - 1 - static_cast<std::size_t>(i * stride)]);
  sigmas.push_back(0);
  return sigmas;
}

}  // namespace pxf
