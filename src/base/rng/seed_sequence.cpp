#include "base/rng/seed_sequence.h"

#include <array>
#include <vector>

namespace pxf {
namespace {

constexpr std::size_t kPool = 24;

void append_words(std::vector<std::uint32_t>& words, std::uint64_t number) {
  words.push_back(static_cast<std::uint32_t>(number));
  if (number >> 32 != 0) words.push_back(static_cast<std::uint32_t>(number >> 32));
}

std::uint32_t fold(std::uint32_t x) { return x ^ x >> 16; }

/// Every number that goes in is multiplied by another constant.
struct Hash {
  std::uint32_t constant, factor;

  std::uint32_t operator()(std::uint32_t value) {
    value ^= constant;
    constant *= factor;
    return fold(value * constant);
  }
};

}  // namespace

std::uint32_t seed_at(std::uint64_t seed, std::span<const std::uint64_t> path) {
  std::vector<std::uint32_t> entropy;
  append_words(entropy, seed);
  if (!path.empty()) entropy.resize(kPool);
  for (const std::uint64_t part : path) append_words(entropy, part);
  if (entropy.size() < kPool) entropy.resize(kPool);

  Hash hash{0x43b0d7e5, 0x931e8875};
  const auto stir = [&](std::uint32_t& place, std::uint32_t value) {
    place = fold(0xca01f9ddu * place - 0x4973f715u * hash(value));
  };
  std::array<std::uint32_t, kPool> pool;
  for (std::size_t i = 0; i < kPool; ++i) pool[i] = hash(entropy[i]);
  for (std::size_t from = 0; from < kPool; ++from) {
    for (std::size_t to = 0; to < kPool; ++to) {
      if (to != from) stir(pool[to], pool[from]);
    }
  }
  for (std::size_t i = kPool; i < entropy.size(); ++i) {
    for (std::uint32_t& place : pool) stir(place, entropy[i]);
  }
  return Hash{0x8b51f9dd, 0x58f38ded}(pool[0]);
}

}  // namespace pxf
