#include "weights/adapters/rotation.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace pxf {
namespace {

Blocks like(const Blocks& b) { return {b.count, b.size, std::vector<double>(b.values.size())}; }

// a = a inverse(m), by Gauss and Jordan on columns with pivots; both n x n. m is destroyed. I - Q with skew Q cannot be
// singular: its eigenvalues are 1 - i t.
void divide_right(double* a, double* m, std::int64_t n) {
  for (std::int64_t c = 0; c < n; ++c) {
    std::int64_t pivot = c;
    for (std::int64_t j = c + 1; j < n; ++j) {
      if (std::abs(m[c * n + j]) > std::abs(m[c * n + pivot])) pivot = j;
    }
    const double divisor = m[c * n + pivot];
    if (divisor == 0) fail(ErrorCode::bad_file, "a rotation's block cannot be inverted; the file is damaged");
    for (std::int64_t i = 0; i < n; ++i) {
      std::swap(m[i * n + c], m[i * n + pivot]);
      std::swap(a[i * n + c], a[i * n + pivot]);
      m[i * n + c] /= divisor;
      a[i * n + c] /= divisor;
    }
    for (std::int64_t j = 0; j < n; ++j) {
      const double factor = m[c * n + j];
      if (j == c || factor == 0) continue;
      for (std::int64_t i = 0; i < n; ++i) {
        m[i * n + j] -= factor * m[i * n + c];
        a[i * n + j] -= factor * a[i * n + c];
      }
    }
  }
}

void multiply(const double* a, const double* b, double* out, std::int64_t n) {
  std::fill_n(out, n * n, 0.0);
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t k = 0; k < n; ++k) {
      for (std::int64_t j = 0; j < n; ++j) out[i * n + j] += a[i * n + k] * b[k * n + j];
    }
  }
}

void add_identity(Blocks& b) {
  for (std::int64_t k = 0; k < b.count; ++k) {
    for (std::int64_t i = 0; i < b.size; ++i) b.block(k)[i * b.size + i] += 1;
  }
}

void add(Blocks& to, const Blocks& what, double factor) {
  for (std::size_t i = 0; i < to.values.size(); ++i) to.values[i] += factor * what.values[i];
}

}  // namespace

Blocks skew(std::span<const float> blocks, std::int64_t count, std::int64_t size, double factor) {
  Blocks out{count, size, std::vector<double>(blocks.size())};
  for (std::int64_t k = 0; k < count; ++k) {
    const float* b = blocks.data() + k * size * size;
    for (std::int64_t i = 0; i < size; ++i) {
      for (std::int64_t j = 0; j < size; ++j) {
        out.block(k)[i * size + j] = factor * (double{b[i * size + j]} - double{b[j * size + i]});
      }
    }
  }
  return out;
}

Blocks skew_from_upper(std::span<const float> elements, std::int64_t count, std::int64_t size) {
  Blocks out{count, size, std::vector<double>(static_cast<std::size_t>(count * size * size))};
  std::size_t next = 0;
  for (std::int64_t k = 0; k < count; ++k) {
    for (std::int64_t i = 0; i < size; ++i) {
      for (std::int64_t j = i + 1; j < size; ++j, ++next) {
        out.block(k)[i * size + j] = double{elements[next]};
        out.block(k)[j * size + i] = -double{elements[next]};
      }
    }
  }
  return out;
}

void limit_norm(Blocks& q, double limit) {
  double squares = 0;
  for (const double v : q.values) squares += v * v;
  const double norm = std::sqrt(squares) + 1e-8;
  if (norm <= limit) return;
  for (double& v : q.values) v *= limit / norm;
}

Blocks cayley(const Blocks& q) {
  Blocks out = q, divisor = like(q);
  add(divisor, q, -1);
  add_identity(out);
  add_identity(divisor);
  for (std::int64_t k = 0; k < q.count; ++k) divide_right(out.block(k), divisor.block(k), q.size);
  return out;
}

Blocks cayley_reversed(Blocks q) {
  for (double& v : q.values) v = -v;
  return cayley(q);
}

Blocks cayley_series(const Blocks& q, int terms) {
  Blocks out = like(q);
  add_identity(out);
  if (terms <= 1) return out;
  add(out, q, 2);
  if (terms <= 2) return out;
  Blocks power = like(q), next = like(q);
  for (std::int64_t k = 0; k < q.count; ++k) multiply(q.block(k), q.block(k), power.block(k), q.size);
  add(out, power, 2);
  const int last = std::max(terms - 1, 3);  // which counts once, and is there even for 3 terms
  for (int term = 3; term <= last; ++term) {
    for (std::int64_t k = 0; k < q.count; ++k) multiply(power.block(k), q.block(k), next.block(k), q.size);
    std::swap(power, next);
    add(out, power, term < last ? 2 : 1);
  }
  return out;
}

}  // namespace pxf
