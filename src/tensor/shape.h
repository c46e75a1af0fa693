// The extents of a tensor, outermost first. A small value: at most kMaxRank extents, held in place.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace pxf {

class Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;  // a scalar: rank 0, one element
  Shape(std::initializer_list<std::int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  /// Throws Failure when the rank is above kMaxRank, an extent is negative or the number of elements overflows.
  explicit Shape(std::span<const std::int64_t> extents);

  int rank() const noexcept { return rank_; }
  /// Extent i; negative i counts from the end: dim(-1) is the innermost.
  std::int64_t dim(int i) const;
  /// Number of elements.
  std::int64_t numel() const noexcept { return numel_; }
  std::span<const std::int64_t> extents() const noexcept { return {extents_.data(), static_cast<std::size_t>(rank_)}; }
  /// The same shape with extent i (may be negative) replaced.
  Shape with(int i, std::int64_t extent) const;

  /// "(2, 64, 64, 320)"
  std::string text() const;

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    return a.rank_ == b.rank_ && a.extents_ == b.extents_;
  }

 private:
  std::array<std::int64_t, kMaxRank> extents_{};
  int rank_ = 0;
  std::int64_t numel_ = 1;
};

}  // namespace pxf
