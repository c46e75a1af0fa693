#include "tensor/shape.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"

namespace pxf {

Shape::Shape(std::span<const std::int64_t> extents) {
  require(extents.size() <= kMaxRank, "[shape] rank: got {}, at most {} is possible", extents.size(), kMaxRank);
  rank_ = static_cast<int>(extents.size());
  for (std::size_t i = 0; i < extents.size(); ++i) {
    require(extents[i] >= 0, "[shape] extent {}: got {}, need 0 or more", i, extents[i]);
    extents_[i] = extents[i];
    require(!__builtin_mul_overflow(numel_, extents[i], &numel_), "[shape] ({}) has more elements than can be counted",
            fmt::join(extents, ", "));
  }
}

std::int64_t Shape::dim(int i) const {
  const int at = i < 0 ? i + rank_ : i;
  if (at < 0 || at >= rank_) fail(ErrorCode::invalid_argument, "[shape] {} has no extent {}", text(), i);
  return extents_[static_cast<std::size_t>(at)];
}

Shape Shape::with(int i, std::int64_t extent) const {
  std::array<std::int64_t, kMaxRank> copy = extents_;
  dim(i);  // checks i
  copy[static_cast<std::size_t>(i < 0 ? i + rank_ : i)] = extent;
  return Shape(std::span<const std::int64_t>(copy.data(), static_cast<std::size_t>(rank_)));
}

std::string Shape::text() const { return fmt::format("({})", fmt::join(extents(), ", ")); }

}  // namespace pxf
