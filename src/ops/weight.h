// A parameter of a model: its elements as the file holds them (mapped, of any type) and the forms that kernels want,
// each made once at first use and kept. A value handle; copies share both. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <typeindex>
#include <vector>

#include "base/bytes.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace pxf {

class Weight {
 public:
  Weight() = default;  // undefined
  /// `bytes` are shape.numel() elements of `dtype`, kept alive by `owner`. `release` (may be empty) tells the owner
  /// that the bytes are not needed for now: a mapped file lets go of its pages. `name`: the file's, for messages.
  Weight(Bytes bytes, DType dtype, Shape shape, std::shared_ptr<const void> owner, std::function<void(Bytes)> release,
         std::string name = {});
  /// Owns a copy of `values`.
  static Weight of(std::span<const float> values, Shape shape);
  /// f32 elements that `compute` gives when they are first needed, and gives again when they are needed after a form
  /// was made of them: meanwhile only the form takes memory. `compute` runs on the thread that asks, so it may use a
  /// pool.
  static Weight computed(Shape shape, std::string name, std::function<std::vector<float>()> compute);

  bool defined() const noexcept { return state_ != nullptr; }
  const Shape& shape() const;
  DType dtype() const;
  /// Valid as long as a handle lives; of a computed weight: once asked for, they are kept.
  Bytes bytes() const;
  const std::string& name() const;

  /// The elements as f32, made once and kept: for small parameters (biases, norms).
  std::span<const float> f32() const;
  /// The elements [begin, begin + out.size()) as f32, not kept.
  void read_f32(std::int64_t begin, std::span<float> out) const;

  /// The form P of this weight: `make()` at the first call, the same object afterwards. The file's pages are released.
  template <class P>
  const P& packed(const std::function<P()>& make) const {
    return *static_cast<const P*>(find_or_make(typeid(P), [&] { return std::make_shared<const P>(make()); }));
  }

  /// Forgets all forms, which are then made again when they are wanted. No kernel may be using one.
  void forget_forms() const;

 private:
  struct State;
  const void* find_or_make(std::type_index form, const std::function<std::shared_ptr<const void>()>& make) const;
  std::shared_ptr<State> state_;
};

}  // namespace pxf
