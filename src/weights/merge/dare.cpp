#include <array>

#include "base/rng/torch_cuda.h"
#include "weights/merge/element_wise.h"

namespace pxf {
namespace {

/// FNV-1a: a tensor's name as a number that stays the same everywhere.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

class Dare final : public ElementWise {
 public:
  explicit Dare(MergeInputs inputs) : ElementWise(std::move(inputs)), tensor_(hash_of(inputs_.name)) {}

  void read(std::int64_t begin, std::span<float> out) override {
    const std::vector<float> base = elements(inputs_.base, begin, out.size());
    std::vector<double> sums(base.begin(), base.end());
    for (std::size_t m = 0; m < inputs_.models.size(); ++m) {
      std::vector<float> model = elements(inputs_.models[m], begin, out.size());
      const double factor = inputs_.strength * inputs_.weights[m] / inputs_.density;
      for_kept(m, begin, out.size(), [&](std::size_t i) { sums[i] += factor * (double{model[i]} - double{base[i]}); });
    }
    round_to(sums, out);
  }

 private:
  // Four elements share a call of Philox (Salmon et al. 2011), whose counter is their place and the tensor.
  template <class Kept>
  void for_kept(std::size_t model, std::int64_t begin, std::size_t count, const Kept& kept) const {
    const double bound = inputs_.density * 0x1p32;
    std::array<std::uint32_t, 4> bits{};
    for (std::size_t i = 0; i < count; ++i) {
      const auto element = static_cast<std::uint64_t>(begin) + i;
      if (i == 0 || element % 4 == 0) {
        const std::uint64_t four = element / 4;
        bits =
            philox4x32({low(four), high(four) ^ (static_cast<std::uint32_t>(model) << 16), low(tensor_), high(tensor_)},
                       {low(inputs_.seed), high(inputs_.seed)});
      }
      if (bits[element % 4] < bound) kept(i);
    }
  }

  const std::uint64_t tensor_;
};

}  // namespace

MergedElements dare(MergeInputs inputs) { return std::make_shared<Dare>(std::move(inputs)); }

}  // namespace pxf
