#include "pipeline/weighting.h"

#include <cmath>

namespace pxf {
namespace {

double mean_of(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void weigh_as_a1111(std::span<float> row, std::span<const double> weights) {
  const std::size_t width = row.size() / weights.size();
  const double before = mean_of(row);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<float>(row[i] * weights[i / width]);
  const double after = mean_of(row), scale = before / after;
  if (!(std::abs(after) > 0) || !std::isfinite(scale)) return;  // weights of 0 throughout
  for (float& v : row) v = static_cast<float>(v * scale);
}

void weigh_as_comfy(std::span<float> row, std::span<const double> weights, std::span<const float> empty) {
  const std::size_t width = row.size() / weights.size();
  for (std::size_t i = 0; i < row.size(); ++i) {
    const double w = weights[i / width];
    if (w != 1) row[i] = static_cast<float>(empty[i] + w * (static_cast<double>(row[i]) - empty[i]));
  }
}

}  // namespace pxf
