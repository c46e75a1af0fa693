#include "base/rng/torch_cpu.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace pxf {
namespace {

constexpr std::size_t kBlock = 16;

/// Uniform in [0, 1), from 24 bits.
float uniform_f32(std::mt19937& bits) { return static_cast<float>(bits() & 0xffffff) * 0x1p-24f; }

/// Uniform in [0, 1), from 53 bits of two numbers, the high word first.
double uniform_f64(std::mt19937& bits) {
  const std::uint64_t high = bits();
  const std::uint64_t low = bits();
  return static_cast<double>((high << 32 | low) & ((std::uint64_t{1} << 53) - 1)) * 0x1p-53;
}

/// Turns 16 uniform numbers into 16 normal ones: u[j] gives the radius, u[j + 8] the angle of the pair (j, j + 8).
void to_normal(std::span<float, kBlock> u) {
  for (std::size_t j = 0; j < kBlock / 2; ++j) {
    const double radius = std::sqrt(-2 * std::log(1 - double{u[j]}));
    const double angle = std::numbers::pi_v<float> * 2 * u[j + 8];  // rounded to f32, as PyTorch has it
    u[j] = static_cast<float>(radius * std::cos(angle));
    u[j + 8] = static_cast<float>(radius * std::sin(angle));
  }
}

}  // namespace

void TorchCpuGenerator::randn(std::span<float> out) {
  if (out.size() < kBlock) {
    for (float& value : out) value = static_cast<float>(next_normal());
    return;
  }
  for (float& value : out) value = uniform_f32(bits_);
  std::size_t done = 0;
  for (; done + kBlock <= out.size(); done += kBlock) to_normal(out.subspan(done).first<kBlock>());
  if (done < out.size()) {  // the last 16 are drawn anew, some of them for the second time
    const auto last = out.last<kBlock>();
    for (float& value : last) value = uniform_f32(bits_);
    to_normal(last);
  }
}

double TorchCpuGenerator::next_normal() {
  if (spare_) return *std::exchange(spare_, std::nullopt);
  const double angle = 2 * std::numbers::pi * uniform_f64(bits_);
  const double radius = std::sqrt(-2 * std::log1p(-uniform_f64(bits_)));
  spare_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

}  // namespace pxf
