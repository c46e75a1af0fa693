// CLIP's byte-pair tokenizer: text to the ids that every CLIP text encoder (SD 1.x, 2.x, SDXL, SD 3, FLUX) was given.
// The rules are those of transformers' CLIPTokenizer, which ComfyUI and diffusers use too; open_clip's clean-up of
// mojibake and HTML entities is not done (they do not do it either).
// Immutable and safe for many threads; copies share the table.
// Not here: weights and brackets of the prompt grammar, cutting into chunks of 77 (token_chunks.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/clip_merges.h"

namespace pxf {

class ClipTokenizer {
 public:
  static constexpr std::int32_t kBegin = 49406;  // <|startoftext|>
  static constexpr std::int32_t kEnd = 49407;    // <|endoftext|>
  static constexpr std::int32_t kVocabulary = 49408;

  ClipTokenizer() : merges_(std::make_shared<const ClipMerges>()) {}

  /// Ids of `text`, without begin and end, of any length. Any bytes are accepted: what is not UTF-8 reads as U+FFFD.
  /// Takes O(n log n) time, whatever the length of a single word.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// Text that encodes to these ids again (but where combining marks follow the dot that a lower-cased capital I with
  /// dot leaves: those are put in order anew): lower case, a space between words and around special tokens. Bytes that
  /// do not make UTF-8 become U+FFFD. Throws invalid_argument for an id outside the vocabulary.
  std::string decode(std::span<const std::int32_t> ids) const;

 private:
  void encode_plain(std::string_view text, std::vector<std::int32_t>& ids) const;
  void encode_word(std::string_view word, std::vector<std::int32_t>& ids) const;

  std::shared_ptr<const ClipMerges> merges_;
};

}  // namespace pxf
