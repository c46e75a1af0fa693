// A parameter of a model: its elements as the file holds them (mapped, of any type) and the forms that kernels want,
// each made once at first use and kept. A value handle; copies share both. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "tensor/buffer.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace pxf {

/// f32 elements that are computed each time they are read, on any thread.
class ComputedElements {
 public:
  virtual ~ComputedElements() = default;
  /// The elements [begin, begin + out.size()).
  virtual void read(std::int64_t begin, std::span<float> out) = 0;
  /// Many reads follow, of all elements, on many threads; this call is on the thread that wants them, which may use a
  /// pool.
  virtual void prepare() {}
  /// The elements are not needed for now.
  virtual void release() {}
};

struct LowRankSum;
class Weight;

/// Where the elements of weights are found that were laid out for kernels before. Thread-safe.
class FormStore {
 public:
  virtual ~FormStore() = default;
  /// What `make` gives, or has given for the same elements: `bytes`, from BufferPool::take_lasting. `form` names the
  /// layout: it and the elements say all.
  virtual std::shared_ptr<const Buffer> find_or_make(const Weight& weight, std::string_view form, std::size_t bytes,
                                                     const std::function<std::shared_ptr<const Buffer>()>& make) = 0;
};

class Weight {
 public:
  Weight() = default;  // undefined
  /// `bytes` are shape.numel() elements of `dtype`, kept alive by `owner`. `release` (may be empty) tells the owner
  /// that the bytes are not needed for now: a mapped file lets go of its pages. `name`: the file's, for messages.
  Weight(Bytes bytes, DType dtype, Shape shape, std::shared_ptr<const void> owner, std::function<void(Bytes)> release,
         std::string name = {});
  /// Owns a copy of `values`.
  static Weight of(std::span<const float> values, Shape shape);
  /// Holds no elements of its own: while a kernel has its form of them, only that takes memory.
  /// `low_rank`: the same elements as a sum, for those who would rather act with its terms.
  static Weight computed(Shape shape, std::string name, std::shared_ptr<ComputedElements> elements,
                         std::shared_ptr<const LowRankSum> low_rank = {});

  bool defined() const noexcept { return state_ != nullptr; }
  const Shape& shape() const;
  DType dtype() const;
  /// Valid as long as a handle lives; of a computed weight: once asked for, they are kept.
  Bytes bytes() const;
  const std::string& name() const;
  /// Null when these elements are not known as a sum.
  const LowRankSum* low_rank() const;
  /// Whether they share all forms.
  friend bool operator==(const Weight& a, const Weight& b) noexcept { return a.state_ == b.state_; }

  /// The elements as f32, made once and kept: for small parameters (biases, norms).
  std::span<const float> f32() const;
  /// The elements [begin, begin + out.size()) as f32, not kept.
  void read_f32(std::int64_t begin, std::span<float> out) const;

  /// The form P of this weight: `make()` at the first call, the same object afterwards. The file's pages are released.
  template <class P>
  const P& packed(const std::function<P()>& make) const {
    return *static_cast<const P*>(find_or_make(typeid(P), [&] {
      auto made = std::make_shared<const P>(make());
      const std::uint64_t bytes = bytes_of_form(*made);
      return Form{std::move(made), bytes};
    }));
  }
  /// The elements laid out as `form` says: what the store has, else what `make` gives. For the making of a form.
  std::shared_ptr<const Buffer> laid_out(std::string_view form, std::size_t bytes,
                                         const std::function<std::shared_ptr<const Buffer>()>& make) const;
  /// What laid_out gave for the forms that are there now, with the names of the layouts.
  std::vector<std::pair<std::string, std::shared_ptr<const Buffer>>> all_laid_out() const;
  /// Before the first use, from one thread.
  void set_store(std::shared_ptr<FormStore> store) const;
  /// Bytes of its forms that are there now.
  std::uint64_t form_bytes() const;

  /// Of a computed weight: many reads of all elements follow, on many threads. On the thread that wants them.
  void prepare() const;
  /// Tells the owner that the bytes are not needed for now.
  void release() const;
  /// Forgets all forms, those of a sum's terms too; they are made again when they are wanted. No kernel may be using
  /// one.
  void forget_forms() const;

 private:
  struct State;
  struct Form {
    std::shared_ptr<const void> object;
    std::uint64_t bytes;
  };
  template <class P>
  static std::uint64_t bytes_of_form(const P& form) {
    if constexpr (requires { form.memory->size(); }) {
      return form.memory->size();
    } else if constexpr (std::is_same_v<P, Weight>) {
      return form.bytes().size();
    } else {
      return std::span(form).size_bytes();
    }
  }
  const void* find_or_make(std::type_index type, const std::function<Form()>& make) const;
  std::shared_ptr<State> state_;
};

/// base + the terms' scale up down.
struct LowRankSum {
  struct Term {
    Weight down;  // (r, K)
    Weight up;    // (N, r)
    double scale = 1;
  };
  Weight base;  // (N, K)
  std::vector<Term> terms;
};

}  // namespace pxf
