#include "weights/adapters/low_rank.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/rng/torch_cuda.h"

namespace pxf {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using View = Eigen::Map<const RowMajor>;
using Doubles = Eigen::MatrixXd;

constexpr std::int64_t kExactSide = 256;  // below, all singular values are found as fast as a few
constexpr int kIterations = 4;
constexpr double kNothing = 1e-6;  // of the largest singular value: f32's own noise

/// Directions sought for so many wanted: the last ones of them are not settled.
std::int64_t with_more(std::int64_t wanted) { return wanted + std::max<std::int64_t>(16, wanted / 2); }

View view(const Matrix& m) { return {m.values.data(), m.rows, m.columns}; }

Matrix product(const Matrix& a, const Matrix& b, ThreadPool* pool) {
  Matrix out = zeros(a.rows, b.columns);
  const RightFactor right(b);
  for_rows(pool, a.rows, a.columns,
           [&](std::int64_t begin, std::int64_t end) { right.add_product(1, a, begin, end - begin, out.row(begin)); });
  return out;
}

/// a aᵀ in f64, by panels of rows.
Doubles gram(const Matrix& a, ThreadPool* pool) {
  constexpr std::int64_t kPanel = 32;
  const Doubles wide = view(a).cast<double>();
  Doubles out(a.rows, a.rows);
  const auto panel = [&](std::int64_t i) {
    const std::int64_t first = i * kPanel, count = std::min(kPanel, a.rows - first), end = first + count;
    out.block(first, 0, count, end).noalias() = wide.middleRows(first, count) * wide.topRows(end).transpose();
  };
  const std::int64_t panels = (a.rows + kPanel - 1) / kPanel;
  if (pool != nullptr) {
    pool->parallel_for(panels, panel);
  } else {
    for (std::int64_t i = 0; i < panels; ++i) panel(i);
  }
  return out;  // its lower half
}

/// Directions of rows with their singular values, the largest first.
struct Spectrum {
  std::vector<double> singular;
  Doubles vectors;  // in columns
};

Spectrum spectrum_of(const Doubles& gram) {
  const Eigen::SelfAdjointEigenSolver<Doubles> solver(gram);  // reads the lower half; the smallest comes first
  if (solver.info() != Eigen::Success) fail(ErrorCode::bad_file, "[low rank] the matrix holds NaN or infinity");
  Spectrum out{{}, solver.eigenvectors().rowwise().reverse()};
  for (Eigen::Index i = gram.rows() - 1; i >= 0; --i) {
    out.singular.push_back(std::sqrt(std::max(0.0, solver.eigenvalues()[i])));
  }
  return out;
}

/// An orthonormal basis of the columns.
Matrix orthonormal(const Matrix& a) {
  const Eigen::HouseholderQR<Eigen::MatrixXf> qr(view(a));
  const Eigen::MatrixXf q = qr.householderQ() * Eigen::MatrixXf::Identity(a.rows, a.columns);
  Matrix out = zeros(a.rows, a.columns);
  Eigen::Map<RowMajor>(out.values.data(), a.rows, a.columns) = q;
  return out;
}

double energy_of(const Matrix& a) {
  double sum = 0;
  for (const float v : a.values) sum += double{v} * double{v};
  return sum;
}

/// How many singular values to keep; nothing when more than those known are needed.
std::optional<std::int64_t> rank_of(const std::vector<double>& singular, double total, const RankChoice& choice) {
  double sum = 0;
  const auto known = std::ssize(singular);
  for (std::int64_t r = 0; r < known; ++r) {
    const double value = singular[static_cast<std::size_t>(r)];
    if (r > 0 && value <= kNothing * singular[0]) return r;
    sum += value * value;
    const bool enough = choice.energy < 1 && sum >= choice.energy * total;
    if (enough || r + 1 == choice.most) return r + 1;
  }
  return std::nullopt;
}

/// Factors of a = basis basisᵀ a, for the directions in `spectrum`, which are columns' combinations of `basis` (may be
/// null: of the rows themselves).
LowRank factors(const Matrix& a, const Matrix* basis, const Spectrum& spectrum, std::int64_t rank, double total,
                ThreadPool* pool) {
  LowRank out;
  out.singular.assign(spectrum.singular.begin(), spectrum.singular.begin() + rank);
  double sum = 0;
  for (const double value : out.singular) sum += value * value;
  out.kept = std::min(1.0, sum / total);

  Matrix directions = zeros(spectrum.vectors.rows(), rank);
  Eigen::Map<RowMajor>(directions.values.data(), directions.rows, rank) = spectrum.vectors.leftCols(rank).cast<float>();
  Matrix left = basis == nullptr ? std::move(directions) : product(*basis, directions, pool);
  Matrix right = product(transposed(left), a, pool);  // (r, columns): singular value times direction
  for (std::int64_t j = 0; j < rank; ++j) {
    const auto root = static_cast<float>(std::sqrt(out.singular[static_cast<std::size_t>(j)]));
    for (std::int64_t i = 0; i < left.rows; ++i) left.row(i)[j] *= root;
    for (std::int64_t i = 0; i < right.columns; ++i) right.row(j)[i] /= root;
  }
  out.up = std::move(left);
  out.down = std::move(right);
  return out;
}

/// The directions that `a` stretches most, as columns.
Matrix stretched(const Matrix& a, const Matrix& a_transposed, std::int64_t count, ThreadPool* pool) {
  Matrix start = zeros(a.columns, count);
  TorchCudaGenerator(0).randn(start.values);
  Matrix q = orthonormal(product(a, start, pool));
  for (int i = 0; i < kIterations; ++i) {
    q = orthonormal(product(a, orthonormal(product(a_transposed, q, pool)), pool));
  }
  return q;
}

/// For no more rows than columns.
LowRank of_wide(const Matrix& a, const RankChoice& choice, ThreadPool* pool) {
  const double total = energy_of(a);
  if (a.rows > kExactSide) {
    const Matrix a_transposed = transposed(a);
    constexpr std::int64_t kFirst = 64;
    const std::int64_t first = choice.energy < 1 ? std::min(choice.most, kFirst) : choice.most;
    for (std::int64_t wanted = first; 2 * with_more(wanted) <= a.rows; wanted *= 2) {
      const Matrix q = stretched(a, a_transposed, with_more(wanted), pool);
      Spectrum spectrum = spectrum_of(gram(transposed(product(a_transposed, q, pool)), pool));
      spectrum.singular.resize(static_cast<std::size_t>(wanted));
      const std::optional<std::int64_t> rank = rank_of(spectrum.singular, total, choice);
      if (rank) return factors(a, &q, spectrum, *rank, total, pool);
    }
  }
  const Spectrum spectrum = spectrum_of(gram(a, pool));
  const std::int64_t rank = rank_of(spectrum.singular, total, choice).value_or(a.rows);
  return factors(a, nullptr, spectrum, rank, total, pool);
}

}  // namespace

LowRank low_rank(const Matrix& a, RankChoice choice, ThreadPool* pool) {
  require(choice.most >= 1 && choice.energy > 0, "[low rank] got a rank of {} and a share of {}, need more than 0",
          choice.most, choice.energy);
  choice.most = std::min({choice.most, a.rows, a.columns});
  if (a.rows <= a.columns) return of_wide(a, choice, pool);
  LowRank out = of_wide(transposed(a), choice, pool);
  Matrix up = transposed(out.down);
  out.down = transposed(out.up);
  out.up = std::move(up);
  return out;
}

}  // namespace pxf
