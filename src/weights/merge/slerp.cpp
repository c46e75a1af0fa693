#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "weights/merge/element_wise.h"
#include "weights/merge/in_shares.h"

namespace pxf {
namespace {

constexpr double kParallel = 0.9995;

struct Products {
  double aa = 0, bb = 0, ab = 0;
};

// w_a and w_b of w_a A + w_b B, a share t of the way.
std::pair<double, double> on_the_circle(const Products& p, double t) {
  const double lengths = std::sqrt(p.aa) * std::sqrt(p.bb);
  const double cosine = lengths > 0 ? std::clamp(p.ab / lengths, -1.0, 1.0) : 1;
  if (std::abs(cosine) > kParallel) return {1 - t, t};
  const double angle = std::acos(cosine);
  return {std::sin((1 - t) * angle) / std::sin(angle), std::sin(t * angle) / std::sin(angle)};
}

class Slerp final : public ElementWise {
 public:
  using ElementWise::ElementWise;

  void prepare() override { weights(inputs_.pool); }

  void read(std::int64_t begin, std::span<float> out) override {
    const std::pair<double, double> w = weights(nullptr);
    const std::vector<float> a = elements(inputs_.models[0], begin, out.size());
    const std::vector<float> b = elements(inputs_.models[1], begin, out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(w.first * double{a[i]} + w.second * double{b[i]});
    }
  }

 private:
  std::pair<double, double> weights(ThreadPool* pool) {
    const std::lock_guard lock(mutex_);
    if (!weights_) weights_ = on_the_circle(products(pool), inputs_.weights[1]);
    return *weights_;
  }

  Products products(ThreadPool* pool) const {
    const auto of_share = [this](std::int64_t begin, std::size_t count) {
      const std::vector<float> a = elements(inputs_.models[0], begin, count);
      const std::vector<float> b = elements(inputs_.models[1], begin, count);
      Products p;
      for (std::size_t i = 0; i < count; ++i) {
        p.aa += double{a[i]} * double{a[i]};
        p.bb += double{b[i]} * double{b[i]};
        p.ab += double{a[i]} * double{b[i]};
      }
      return p;
    };
    Products sum;
    for (const Products& p : in_shares<Products>(pool, count(), of_share)) {
      sum = {sum.aa + p.aa, sum.bb + p.bb, sum.ab + p.ab};
    }
    return sum;
  }

  std::mutex mutex_;
  std::optional<std::pair<double, double>> weights_;  // guarded by the mutex
};

}  // namespace

MergedElements slerp(MergeInputs inputs) { return std::make_shared<Slerp>(std::move(inputs)); }

}  // namespace pxf
