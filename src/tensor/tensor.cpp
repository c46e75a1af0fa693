#include "tensor/tensor.h"

#include <utility>

#include "base/error.h"

namespace pxf {

Tensor::Tensor(Context& context, std::shared_ptr<Buffer> buffer, Shape shape, DType dtype, std::int64_t offset)
    : buffer_(std::move(buffer)), context_(&context), shape_(shape), dtype_(dtype), offset_(offset) {
  const auto end = static_cast<std::size_t>(offset + shape.numel()) * size_of(dtype);
  require(end <= buffer_->size(), "[tensor] {} {} does not fit into {} bytes", name_of(dtype), shape.text(),
          buffer_->size());
}

Context& Tensor::context() const {
  require(context_ != nullptr, "[tensor] an undefined tensor has no context");
  return *context_;
}

Tensor Tensor::reshape(Shape shape) const {
  require(shape.numel() == numel(), "[reshape] got {}, need the {} elements of {}", shape.text(), numel(),
          shape_.text());
  Tensor out = *this;
  out.shape_ = shape;
  return out;
}

Tensor Tensor::rows(std::int64_t begin, std::int64_t end) const {
  require(rank() > 0 && 0 <= begin && begin <= end && end <= dim(0), "[rows] got {} to {}, the tensor is {}", begin,
          end, shape_.text());
  Tensor out = *this;
  out.shape_ = shape_.with(0, end - begin);
  out.offset_ += dim(0) == 0 ? 0 : begin * (numel() / dim(0));
  return out;
}

void Tensor::expect(DType dtype) const {
  require(defined(), "[tensor] is undefined");
  require(dtype == dtype_, "[tensor] elements: are {}, asked for as {}", name_of(dtype_), name_of(dtype));
}

std::byte* Tensor::bytes() const noexcept {
  return buffer_->data() + static_cast<std::size_t>(offset_) * size_of(dtype_);
}

}  // namespace pxf
