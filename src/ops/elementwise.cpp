#include "ops/elementwise.h"

#include <utility>

namespace pxf {
namespace {

// The result lies where x does when nobody else looks at x.
Tensor room_for_result(const Tensor& x) { return x.unique() ? x : x.context().empty(x.shape(), x.dtype()); }

Tensor unary(Unary op, Tensor x, double a = 1, double b = 0) {
  Tensor dst = x.unique() ? x : x.context().empty(x.shape(), x.dtype());
  x.context().run(UnaryDesc{op, x, a, b, dst});
  return dst;
}

Tensor binary(Tensor x, const Tensor& y, double a, double b, bool product) {
  require(x.dtype() == y.dtype(), "[elementwise] types: got {} and {}", name_of(x.dtype()), name_of(y.dtype()));
  Tensor dst = room_for_result(x);
  x.context().run(BinaryDesc{x, y, a, b, product, dst});
  return dst;
}

void require_same_shape(const Tensor& x, const Tensor& y) {
  require(x.shape() == y.shape(), "[elementwise] shapes: got {} and {}", x.shape().text(), y.shape().text());
}

}  // namespace

Tensor operator+(Tensor x, const Tensor& y) { return weighted_sum(1, std::move(x), 1, y); }
Tensor operator-(Tensor x, const Tensor& y) { return weighted_sum(1, std::move(x), -1, y); }

Tensor operator*(Tensor x, const Tensor& y) {
  require_same_shape(x, y);
  return binary(std::move(x), y, 1, 1, true);
}

Tensor operator*(Tensor x, double factor) { return unary(Unary::affine, std::move(x), factor, 0); }
Tensor operator*(double factor, Tensor x) { return unary(Unary::affine, std::move(x), factor, 0); }
Tensor operator/(Tensor x, double divisor) { return unary(Unary::affine, std::move(x), 1 / divisor, 0); }
Tensor operator+(Tensor x, double term) { return unary(Unary::affine, std::move(x), 1, term); }

Tensor weighted_sum(double a, Tensor x, double b, const Tensor& y) {
  require_same_shape(x, y);
  return binary(std::move(x), y, a, b, false);
}

Tensor add_everywhere(Tensor x, const Tensor& y) {
  require(y.rank() == 2 && x.rank() >= 2 && y.dim(0) == x.dim(0) && y.dim(1) == x.dim(-1),
          "[add_everywhere] got {} and {}, need (B, ..., C) and (B, C)", x.shape().text(), y.shape().text());
  return binary(std::move(x), y, 1, 1, false);
}

Tensor relu(Tensor x) { return unary(Unary::relu, std::move(x)); }
Tensor silu(Tensor x) { return unary(Unary::silu, std::move(x)); }
Tensor gelu(Tensor x) { return unary(Unary::gelu, std::move(x)); }
Tensor quick_gelu(Tensor x) { return unary(Unary::quick_gelu, std::move(x)); }

Tensor geglu(const Tensor& x) {
  require(x.rank() >= 1 && x.dim(-1) % 2 == 0, "[geglu] src: got {}, need an even last extent", x.shape().text());
  Tensor dst = x.context().empty(x.shape().with(-1, x.dim(-1) / 2));
  x.context().run(GegluDesc{x, dst});
  return dst;
}

}  // namespace pxf
