#include "ops/elementwise.h"

#include <cmath>
#include <numbers>

#include "backends/reference/reference.h"

namespace pxf {
namespace {

double gelu_of(double x) { return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2)); }

double apply(Unary op, double x, double a, double b) {
  switch (op) {
    case Unary::affine: return a * x + b;
    case Unary::relu: return x < 0 ? 0 : x;
    case Unary::silu: return x / (1 + std::exp(-x));
    case Unary::gelu: return gelu_of(x);
    case Unary::quick_gelu: return x / (1 + std::exp(-1.702 * x));
  }
  return x;
}

template <class T>
void unary_as(const UnaryDesc& d) {
  const std::span<const T> src = std::as_const(d.src).span<T>();
  const std::span<T> dst = d.dst.span<T>();
  for (std::size_t i = 0; i < src.size(); ++i) dst[i] = static_cast<T>(apply(d.op, src[i], d.a, d.b));
}

template <class T>
void binary_as(const BinaryDesc& d) {
  const std::span<const T> x = std::as_const(d.x).span<T>();
  const std::span<const T> y = std::as_const(d.y).span<T>();
  const std::span<T> dst = d.dst.span<T>();
  const auto channels = static_cast<std::size_t>(d.x.rank() == 0 ? 1 : d.x.dim(-1));
  const std::size_t picture = d.broadcast() ? x.size() / static_cast<std::size_t>(d.x.dim(0)) : x.size();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t j = d.broadcast() ? i / picture * channels + i % channels : i;
    dst[i] = static_cast<T>(d.product ? x[i] * y[j] : d.a * x[i] + d.b * y[j]);
  }
}

void run_unary(Context&, const UnaryDesc& d) { d.src.dtype() == DType::f64 ? unary_as<double>(d) : unary_as<float>(d); }

void run_binary(Context&, const BinaryDesc& d) {
  if (d.x.numel() == 0) return;
  d.x.dtype() == DType::f64 ? binary_as<double>(d) : binary_as<float>(d);
}

void run_geglu(Context&, const GegluDesc& d) {
  const std::int64_t half = d.dst.dim(-1), rows = half == 0 ? 0 : d.dst.numel() / half;
  const float* src = d.src.f32();
  float* dst = d.dst.f32();
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < half; ++c) {
      dst[r * half + c] = static_cast<float>(src[r * 2 * half + c] * gelu_of(src[r * 2 * half + half + c]));
    }
  }
}

}  // namespace

void add_reference_elementwise(Backend& backend) {
  backend.add<UnaryDesc>({"reference", [](const UnaryDesc&) { return kAccepted; }, run_unary});
  backend.add<BinaryDesc>({"reference", [](const BinaryDesc&) { return kAccepted; }, run_binary});
  backend.add<GegluDesc>({"reference", [](const GegluDesc&) { return kAccepted; }, run_geglu});
}

}  // namespace pxf
