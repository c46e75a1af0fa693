#include "weights/compare.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "weights/merge/in_shares.h"

namespace pxf {

Comparison& Comparison::operator+=(const Comparison& other) {
  aa += other.aa;
  bb += other.bb;
  ab += other.ab;
  dd += other.dd;
  largest = std::max(largest, other.largest);
  equal = equal && other.equal;
  finite = finite && other.finite;
  return *this;
}

Comparison compare(const Weight& a, const Weight& b, ThreadPool* pool) {
  require(a.shape().numel() == b.shape().numel(), "[compare] got {} and {} elements", a.shape().numel(),
          b.shape().numel());
  const auto of_share = [&](std::int64_t begin, std::size_t count) {
    std::vector<float> x(count), y(count);
    a.read_f32(begin, x);
    b.read_f32(begin, y);
    Comparison out;
    out.equal = x == y;
    for (std::size_t i = 0; i < count; ++i) {
      const double u = x[i], v = y[i], d = v - u;
      out.aa += u * u;
      out.bb += v * v;
      out.ab += u * v;
      out.dd += d * d;
      out.largest = std::max(out.largest, std::abs(d));
    }
    out.finite = std::isfinite(out.aa) && std::isfinite(out.bb);
    return out;
  };
  a.prepare();
  b.prepare();
  Comparison sum;
  for (const Comparison& share : in_shares<Comparison>(pool, a.shape().numel(), of_share)) sum += share;
  a.release();
  b.release();
  return sum;
}

}  // namespace pxf
