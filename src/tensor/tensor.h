// A dense array of numbers: a value handle, cheap to copy; copies share the elements.
// Elements are contiguous, the last extent fastest. Pictures and feature maps are channels-last: (B, H, W, C).
// A tensor belongs to the Context that made it and must not outlive it; ops take their context from their arguments.
// Thread-safety: as of a shared_ptr; nobody writes a tensor that another thread reads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "tensor/buffer.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace pxf {

class Context;

class Tensor {
 public:
  Tensor() = default;  // undefined: no shape, no elements
  /// A tensor over the first shape.numel() elements of `buffer` from `offset` elements on.
  Tensor(Context& context, std::shared_ptr<Buffer> buffer, Shape shape, DType dtype, std::int64_t offset = 0);

  bool defined() const noexcept { return buffer_ != nullptr; }
  const Shape& shape() const noexcept { return shape_; }
  int rank() const noexcept { return shape_.rank(); }
  std::int64_t dim(int i) const { return shape_.dim(i); }
  std::int64_t numel() const noexcept { return shape_.numel(); }
  DType dtype() const noexcept { return dtype_; }
  Context& context() const;

  /// The elements; throws when T is not what dtype() says.
  template <class T>
  std::span<T> span();
  template <class T>
  std::span<const T> span() const;
  float* f32() { return span<float>().data(); }
  const float* f32() const { return span<float>().data(); }

  /// The same elements under another shape of as many elements.
  Tensor reshape(Shape shape) const;
  /// Rows [begin, end) of the outermost extent, sharing the elements.
  Tensor rows(std::int64_t begin, std::int64_t end) const;
  /// Whether nobody else holds the elements, so that an op may put its result there.
  bool unique() const noexcept { return buffer_.use_count() == 1; }

 private:
  void expect(DType dtype) const;
  std::byte* bytes() const noexcept;

  std::shared_ptr<Buffer> buffer_;
  Context* context_ = nullptr;
  Shape shape_;
  DType dtype_ = DType::f32;
  std::int64_t offset_ = 0;  // in elements
};

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::i32;
};

template <class T>
std::span<T> Tensor::span() {
  expect(DTypeOf<T>::value);
  return {reinterpret_cast<T*>(bytes()), static_cast<std::size_t>(numel())};
}

template <class T>
std::span<const T> Tensor::span() const {
  expect(DTypeOf<T>::value);
  return {reinterpret_cast<const T*>(bytes()), static_cast<std::size_t>(numel())};
}

}  // namespace pxf
