#include <array>
#include <bit>
#include <cmath>
#include <mutex>

#include "weights/merge/element_wise.h"
#include "weights/merge/in_shares.h"

namespace pxf {
namespace {

// A positive float's bits are in the order of its value: the k-th largest is found digit by digit from the top, each
// by counting, without a copy of the tensor.
struct Digit {
  int shift;
  std::uint32_t count;  // of values
};
constexpr std::array kDigits{Digit{20, 1 << 11}, Digit{10, 1 << 10}, Digit{0, 1 << 10}};

std::uint32_t magnitude(float value) { return std::bit_cast<std::uint32_t>(value) & 0x7fffffff; }

class Ties final : public ElementWise {
 public:
  using ElementWise::ElementWise;

  void prepare() override { thresholds(inputs_.pool); }

  void read(std::int64_t begin, std::span<float> out) override {
    const std::vector<std::uint32_t>& least = thresholds(nullptr);
    const std::vector<float> base = elements(inputs_.base, begin, out.size());
    std::vector<std::vector<float>> kept;
    for (std::size_t m = 0; m < inputs_.models.size(); ++m) {
      kept.push_back(difference(inputs_.models[m], base, begin));
      for (float& d : kept.back()) {
        if (magnitude(d) < least[m]) d = 0;
      }
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(double{base[i]} + inputs_.strength * agreed(kept, i));
    }
  }

 private:
  /// The weighted mean over the models that have the sign of the weighted sum.
  double agreed(const std::vector<std::vector<float>>& kept, std::size_t i) const {
    double elected = 0;
    for (std::size_t m = 0; m < kept.size(); ++m) elected += inputs_.weights[m] * double{kept[m][i]};
    double sum = 0, weights = 0;
    for (std::size_t m = 0; m < kept.size(); ++m) {
      const double value = kept[m][i];
      if (value * elected <= 0) continue;
      sum += inputs_.weights[m] * value;
      weights += inputs_.weights[m];
    }
    return weights > 0 ? sum / weights : 0;
  }

  static std::vector<float> difference(const Weight& model, std::span<const float> base, std::int64_t begin) {
    std::vector<float> out = elements(model, begin, base.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] -= base[i];
    return out;
  }

  /// The smallest magnitude of each model's difference that is kept, as bits; all equal ones are.
  const std::vector<std::uint32_t>& thresholds(ThreadPool* pool) {
    const std::lock_guard lock(mutex_);
    if (thresholds_.empty()) {
      for (const Weight& model : inputs_.models) thresholds_.push_back(threshold(model, pool));
    }
    return thresholds_;
  }

  std::uint32_t threshold(const Weight& model, ThreadPool* pool) const {
    const auto all = count();
    auto wanted = static_cast<std::int64_t>(std::llround(inputs_.density * static_cast<double>(all)));
    if (wanted >= all) return 0;
    if (wanted < 1) wanted = 1;
    std::uint32_t found = 0;  // the digits above
    for (const Digit& digit : kDigits) {
      const std::vector<std::int64_t> counts = count_digits(model, digit, found, pool);
      std::uint32_t value = digit.count - 1;
      for (; value > 0 && counts[value] < wanted; --value) wanted -= counts[value];
      found |= value << digit.shift;
    }
    return found;
  }

  /// How many of the magnitudes that have the digits above have each value of this one.
  std::vector<std::int64_t> count_digits(const Weight& model, const Digit& digit, std::uint32_t above,
                                         ThreadPool* pool) const {
    const std::uint32_t known = ~(digit.count * (1u << digit.shift) - 1);
    const auto of_share = [&](std::int64_t begin, std::size_t length) {
      std::vector<std::uint32_t> counts(digit.count);
      const std::vector<float> base = elements(inputs_.base, begin, length);
      for (const float d : difference(model, base, begin)) {
        const std::uint32_t bits = magnitude(d);
        if ((bits & known) == (above & known)) ++counts[(bits >> digit.shift) & (digit.count - 1)];
      }
      return counts;
    };
    std::vector<std::int64_t> sum(digit.count);
    for (const auto& counts : in_shares<std::vector<std::uint32_t>>(pool, count(), of_share)) {
      for (std::size_t value = 0; value < sum.size(); ++value) sum[value] += counts[value];
    }
    return sum;
  }

  std::mutex mutex_;
  std::vector<std::uint32_t> thresholds_;  // guarded by the mutex until it is filled
};

}  // namespace

MergedElements ties(MergeInputs inputs) { return std::make_shared<Ties>(std::move(inputs)); }

}  // namespace pxf
