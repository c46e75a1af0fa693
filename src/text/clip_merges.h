// CLIP's byte-pair merges: which two tokens join into which, and in what order.
// Token ids: a byte inside a word (0-255), a byte that ends a word (256-511), then the token each merge makes, in order
// of priority: the lower of two ids is the pair to join first. Radford et al. 2021; published with openai/CLIP (MIT).
// Immutable after construction; safe for many threads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pxf {

class ClipMerges {
 public:
  static constexpr std::int32_t kTokens = 49406;  // the two special tokens come after these

  /// Builds the table from the pairs linked into the program (assets/text): about a millisecond, one allocation of 1
  /// MB.
  ClipMerges();

  /// The token of one byte of a word.
  static std::int32_t byte_token(std::uint8_t byte, bool ends_word) noexcept;

  /// The token that `left` and `right` join into, or -1 when they do not.
  std::int32_t join(std::int32_t left, std::int32_t right) const noexcept;

  /// The two tokens that `id` is made of; id not of a byte.
  static std::pair<std::int32_t, std::int32_t> parts_of(std::int32_t id) noexcept;

  /// Appends the bytes that token `id` stands for, 0 <= id < kTokens, and a space if it ends a word.
  static void append_bytes(std::int32_t id, std::string& out);

 private:
  struct Slot {
    std::uint32_t pair = 0;
    std::int32_t token = 0;  // 0: the slot is free, for no merge makes token 0
  };
  std::vector<Slot> slots_;  // a hash table with linear probing, 37 % full
};

}  // namespace pxf
