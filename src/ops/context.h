// What ops need to run: a backend, threads, memory, the wish to stop, a record of time. Passed by the tensors
// themselves (Tensor::context), owned by the engine. One computation at a time uses a context; the pool and memory may
// be shared.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "base/thread_pool.h"
#include "ops/kernel.h"
#include "ops/profile.h"
#include "pixelforge/cancel.h"
#include "pixelforge/precision.h"
#include "tensor/buffer.h"
#include "tensor/tensor.h"

namespace pxf {

/// Whether convolutions go on at the opposite edge where they would see zeros: columns (x), rows (y).
struct Wrap {
  bool x = false, y = false;
};

class Context {
 public:
  /// Borrows all of them. `cancel` and `profile` may be null.
  Context(const Backend& backend, ThreadPool& threads, BufferPool& memory, const CancelToken* cancel = nullptr)
      : backend_(&backend), threads_(&threads), memory_(&memory), cancel_(cancel) {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Backend& backend() const noexcept { return *backend_; }
  ThreadPool& threads() const noexcept { return *threads_; }
  BufferPool& memory() const noexcept { return *memory_; }

  Tensor empty(const Shape& shape, DType dtype = DType::f32);
  Tensor full(const Shape& shape, double value, DType dtype = DType::f32);
  /// Copies the values in.
  Tensor from(std::span<const float> values, const Shape& shape);
  Tensor from(std::span<const double> values, const Shape& shape);
  Tensor from(std::span<const std::int32_t> values, const Shape& shape);

  /// Runs the first kernel of the backend that accepts. Throws Failure: cancelled; unsupported, with all reasons.
  template <class Desc>
  void run(const Desc& desc);

  void set_wrap(Wrap wrap) noexcept { wrap_ = wrap; }
  Wrap wrap() const noexcept { return wrap_; }
  void set_precision(Precision precision) noexcept { precision_ = precision; }
  Precision precision() const noexcept { return precision_; }
  void set_profile(OpProfile* profile) noexcept { profile_ = profile; }
  /// Where packed weights take more memory than this, those of an op are forgotten after it, so that what was packed
  /// first stays and the rest is packed for each use. (The layers of a model come in a circle: to forget those used
  /// longest ago would be to forget each just before it is used.) 0: all stay. Nobody else may be using these weights.
  void limit_weights(std::uint64_t bytes) noexcept { weights_limit_ = bytes; }
  /// Throws Failure(cancelled) once stopping is wished for.
  void check_cancelled() const;

 private:
  /// After an op on `used` (may be null), of which kernels had so much before.
  void forget_beyond_limit(const Weight* used, std::uint64_t form_bytes_before) const;

  const Backend* backend_;
  ThreadPool* threads_;
  BufferPool* memory_;
  const CancelToken* cancel_;
  OpProfile* profile_ = nullptr;
  Wrap wrap_ = {};
  Precision precision_ = Precision::exact;
  std::uint64_t weights_limit_ = 0;
};

/// While it lives, a context computes this exactly.
class WithPrecision {
 public:
  WithPrecision(Context& context, Precision precision) : context_(context), before_(context.precision()) {
    context.set_precision(precision);
  }
  ~WithPrecision() { context_.set_precision(before_); }
  WithPrecision(const WithPrecision&) = delete;
  WithPrecision& operator=(const WithPrecision&) = delete;

 private:
  Context& context_;
  Precision before_;
};

template <class Desc>
void Context::run(const Desc& desc) {
  check_cancelled();
  std::string reasons;
  for (const Kernel<Desc>& kernel : backend_->of<Desc>()) {
    if (const Refusal refusal = kernel.accepts(desc)) {
      reasons += fmt::format(" {}: {};", kernel.name, refusal.reason());
      continue;
    }
    const Weight* const weight = profile::named_weight(desc);
    const std::uint64_t form_bytes = weights_limit_ > 0 && weight != nullptr ? weight->form_bytes() : 0;
    if (profile_ == nullptr) {
      kernel.run(*this, desc);
      return forget_beyond_limit(weight, form_bytes);
    }
    const auto start = std::chrono::steady_clock::now();
    kernel.run(*this, desc);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    profile_->add(weight, Desc::kOp, kernel.name, took.count(), desc.flops(), profile::operand_bytes(desc));
    return forget_beyond_limit(weight, form_bytes);
  }
  fail(ErrorCode::unsupported, "[{}] backend {} has no kernel for this:{}", Desc::kOp, backend_->name, reasons);
}

}  // namespace pxf
