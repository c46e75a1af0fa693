// The angle between two directions.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

namespace pxf {

/// -1 to 1; 0 where one of them has no length, or is not a number. Of as many numbers each.
inline double cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace pxf
