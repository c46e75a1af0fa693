#include "base/rng/torch_cuda.h"

#include <cmath>
#include <numbers>

namespace pxf {
namespace {

std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

/// Uniform in (0, 1): the middle of the 2^-32 wide cell that the bits name.
double uniform(std::uint32_t bits) { return bits * 0x1p-32 + 0x1p-33; }

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * c[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * c[2];
    c = {high(b) ^ c[1] ^ key[0], low(b), high(a) ^ c[3] ^ key[1], low(a)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};  // Weyl sequences: the golden ratio and sqrt(3) - 1
  }
  return c;
}

void TorchCudaGenerator::randn(std::span<float> out) {
  for (std::uint64_t i = 0; i < out.size(); ++i) {
    const auto bits = philox4x32({call_, 0, low(i), high(i)}, {low(seed_), high(seed_)});
    const double radius = std::sqrt(-2 * std::log(uniform(bits[0])));
    // curand makes two numbers of this; PyTorch keeps the sine.
    out[i] = static_cast<float>(radius * std::sin(2 * std::numbers::pi * uniform(bits[1])));
  }
  ++call_;
}

}  // namespace pxf
