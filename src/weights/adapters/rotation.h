// Rotations made from square blocks by Cayley's transform, as OFT and BOFT use them. Qiu et al. 2023, "Controlling
// Text-to-Image Diffusion by Orthogonal Finetuning"; Liu et al. 2024, "Parameter-Efficient Orthogonal Finetuning via
// Butterfly Factorization".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace pxf {

/// Blocks of size x size one after another, in f64: inverses lose digits.
struct Blocks {
  std::int64_t count = 0, size = 0;
  std::vector<double> values;

  double* block(std::int64_t i) { return values.data() + i * size * size; }
  const double* block(std::int64_t i) const { return values.data() + i * size * size; }
};

/// B - B^T for each block, times `factor`.
Blocks skew(std::span<const float> blocks, std::int64_t count, std::int64_t size, double factor);
/// The same from the elements above the diagonal, row by row: count x size (size - 1) / 2 of them.
Blocks skew_from_upper(std::span<const float> elements, std::int64_t count, std::int64_t size);
/// Scales all of them so that their norm is at most `limit`.
void limit_norm(Blocks& q, double limit);

/// (I + Q) (I - Q)^-1 for each block.
Blocks cayley(const Blocks& q);
/// (I - Q) (I + Q)^-1: the same for -Q.
Blocks cayley_reversed(Blocks q);
/// What PEFT computes instead with use_cayley_neumann: I + 2 Q + 2 Q^2 + ... + Q^(terms - 1), Neumann's series of
/// cayley(Q) and not of cayley_reversed(Q), which it computes without that setting.
Blocks cayley_series(const Blocks& q, int terms);

}  // namespace pxf
