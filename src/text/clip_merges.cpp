#include "text/clip_merges.h"

#include <array>
#include <cstddef>

// The pairs as assets/text/make_clip_merges.py wrote them. The assembler finds the file from src/, by the include path.
asm(R"(
  .pushsection .rodata
  .balign 4
  pxf_clip_merges: .incbin "../assets/text/clip_merges.bin"
  .global pxf_clip_merges
  .hidden pxf_clip_merges
  .popsection
)");

namespace pxf {
namespace {

struct Pair {
  std::uint16_t left, right;
};
constexpr std::int32_t kBytes = 256;
constexpr std::int32_t kFirstMerge = 2 * kBytes;
constexpr std::int32_t kMerges = ClipMerges::kTokens - kFirstMerge;
constexpr std::size_t kSlots = std::size_t{1} << 17;

extern "C" const Pair pxf_clip_merges[kMerges];

/// Bytes in the vocabulary's order: those that print, then the rest (GPT-2's bytes_to_unicode).
constexpr std::array<std::uint8_t, kBytes> bytes_in_order() {
  const auto prints = [](int b) { return (b >= 33 && b <= 126) || (b >= 161 && b != 173); };
  std::array<std::uint8_t, kBytes> out{};
  std::size_t at = 0;
  for (const bool printing : {true, false}) {
    for (int b = 0; b < kBytes; ++b) {
      if (prints(b) == printing) out[at++] = static_cast<std::uint8_t>(b);
    }
  }
  return out;
}
constexpr auto kByteOfToken = bytes_in_order();

constexpr auto kTokenOfByte = [] {
  std::array<std::uint8_t, kBytes> out{};
  for (std::size_t i = 0; i < kBytes; ++i) out[kByteOfToken[i]] = static_cast<std::uint8_t>(i);
  return out;
}();

std::uint32_t packed(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint32_t>(left) << 16 | static_cast<std::uint32_t>(right);
}

std::size_t slot_of(std::uint32_t pair) { return pair * 0x9E3779B1u >> 15; }  // Fibonacci hashing to 17 bits

}  // namespace

ClipMerges::ClipMerges() : slots_(kSlots) {
  for (std::int32_t i = 0; i < kMerges; ++i) {
    const std::uint32_t pair = packed(pxf_clip_merges[i].left, pxf_clip_merges[i].right);
    std::size_t at = slot_of(pair);
    while (slots_[at].token != 0) at = (at + 1) % kSlots;
    slots_[at] = {pair, kFirstMerge + i};
  }
}

std::int32_t ClipMerges::byte_token(std::uint8_t byte, bool ends_word) noexcept {
  return kTokenOfByte[byte] + (ends_word ? kBytes : 0);
}

std::int32_t ClipMerges::join(std::int32_t left, std::int32_t right) const noexcept {
  const std::uint32_t pair = packed(left, right);
  for (std::size_t at = slot_of(pair); slots_[at].token != 0; at = (at + 1) % kSlots) {
    if (slots_[at].pair == pair) return slots_[at].token;
  }
  return -1;
}

std::pair<std::int32_t, std::int32_t> ClipMerges::parts_of(std::int32_t id) noexcept {
  const Pair& pair = pxf_clip_merges[id - kFirstMerge];
  return {pair.left, pair.right};
}

void ClipMerges::append_bytes(std::int32_t id, std::string& out) {
  if (id >= kFirstMerge) {  // as deep as the token has bytes, a few dozen at most
    append_bytes(pxf_clip_merges[id - kFirstMerge].left, out);
    append_bytes(pxf_clip_merges[id - kFirstMerge].right, out);
    return;
  }
  out += static_cast<char>(kByteOfToken[static_cast<std::size_t>(id % kBytes)]);
  if (id >= kBytes) out += ' ';
}

}  // namespace pxf
