#include "ops/weight.h"

#include <mutex>
#include <utility>

#include "base/error.h"
#include "tensor/widen.h"

namespace pxf {

struct Weight::State {
  Bytes bytes;
  DType dtype;
  Shape shape;
  std::shared_ptr<const void> owner;
  std::function<void(Bytes)> release;
  std::string name;
  std::mutex mutex;
  std::vector<std::pair<std::type_index, std::shared_ptr<const void>>> forms;
};

Weight::Weight(Bytes bytes, DType dtype, Shape shape, std::shared_ptr<const void> owner,
               std::function<void(Bytes)> release, std::string name)
    : state_(std::make_shared<State>()) {
  const auto need = bytes_of(dtype, shape.numel());
  require(need.has_value(), "[weight] {} {} is no whole number of blocks of {}", name_of(dtype), shape.text(),
          block_elements(dtype));
  require(bytes.size() == *need, "[weight] {} {} needs {} bytes, got {}", name_of(dtype), shape.text(), *need,
          bytes.size());
  state_->bytes = bytes;
  state_->dtype = dtype;
  state_->shape = shape;
  state_->owner = std::move(owner);
  state_->release = std::move(release);
  state_->name = std::move(name);
}

Weight Weight::of(std::span<const float> values, Shape shape) {
  auto copy = std::make_shared<const std::vector<float>>(values.begin(), values.end());
  const Bytes bytes = std::as_bytes(std::span(*copy));
  return Weight(bytes, DType::f32, shape, std::move(copy), {});
}

const Shape& Weight::shape() const {
  require(defined(), "[weight] is undefined");
  return state_->shape;
}

DType Weight::dtype() const {
  require(defined(), "[weight] is undefined");
  return state_->dtype;
}

Bytes Weight::bytes() const {
  require(defined(), "[weight] is undefined");
  return state_->bytes;
}

const std::string& Weight::name() const {
  require(defined(), "[weight] is undefined");
  return state_->name;
}

void Weight::read_f32(std::int64_t begin, std::span<float> out) const { widen_to_f32(bytes(), dtype(), begin, out); }

std::span<const float> Weight::f32() const {
  return packed<std::vector<float>>([this] {
    std::vector<float> values(static_cast<std::size_t>(shape().numel()));
    read_f32(0, values);
    return values;
  });
}

const void* Weight::find_or_make(std::type_index form, const std::function<std::shared_ptr<const void>()>& make) const {
  require(defined(), "[weight] is undefined");
  std::lock_guard lock(state_->mutex);
  for (const auto& [type, object] : state_->forms) {
    if (type == form) return object.get();
  }
  state_->forms.emplace_back(form, make());
  if (state_->release) state_->release(state_->bytes);
  return state_->forms.back().second.get();
}

void Weight::forget_forms() const {
  if (!defined()) return;
  std::lock_guard lock(state_->mutex);
  state_->forms.clear();
}

}  // namespace pxf
