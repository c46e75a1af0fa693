#include <cmath>
#include <vector>

#include "nn/layers.h"

namespace pxf {

Tensor timestep_embedding(Context& ctx, std::span<const double> timesteps, std::int64_t width) {
  require(width % 2 == 0, "[timestep_embedding] width: got {}, need an even number", width);
  const std::int64_t half = width / 2;
  std::vector<float> values;
  values.reserve(timesteps.size() * static_cast<std::size_t>(width));
  for (const double t : timesteps) {
    const auto angle = [&](std::int64_t i) {
      return t * std::exp(-std::log(10000.0) * static_cast<double>(i) / static_cast<double>(half));
    };
    for (std::int64_t i = 0; i < half; ++i) values.push_back(static_cast<float>(std::cos(angle(i))));
    for (std::int64_t i = 0; i < half; ++i) values.push_back(static_cast<float>(std::sin(angle(i))));
  }
  return ctx.from(values, {static_cast<std::int64_t>(timesteps.size()), width});
}

}  // namespace pxf
