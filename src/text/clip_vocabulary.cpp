#include "text/clip_vocabulary.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "text/clip_merges.h"
#include "text/clip_tokenizer.h"
#include "text/unicode.h"

namespace pxf {
namespace {

constexpr std::int32_t kFirstPair = 512;

/// Every byte has a character that prints: itself in Latin-1, or one of those from U+0100 on (GPT-2).
char32_t character_of(std::uint8_t byte) {
  const auto prints = [](int b) { return (b >= 33 && b <= 126) || (b >= 161 && b != 173); };
  if (prints(byte)) return byte;
  char32_t next = 0x100;
  for (int b = 0; b < byte; ++b) next += prints(b) ? 0 : 1;
  return next;
}

std::string written(std::int32_t id) {
  std::string bytes, out;
  ClipMerges::append_bytes(id, bytes);
  const bool ends_word = bytes.ends_with(' ');  // a space inside a word there is none
  if (ends_word) bytes.pop_back();
  for (const char byte : bytes) append_utf8(out, character_of(static_cast<std::uint8_t>(byte)));
  return out + (ends_word ? "</w>" : "");
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string clip_vocabulary_json() {
  std::string out = "{";
  for (std::int32_t id = 0; id < ClipMerges::kTokens; ++id) out += fmt::format("{}: {}, ", quoted(written(id)), id);
  return out +
         fmt::format("\"<|startoftext|>\": {}, \"<|endoftext|>\": {}}}", ClipTokenizer::kBegin, ClipTokenizer::kEnd);
}

std::string clip_merges_text() {
  std::string out = "#version: 0.2\n";
  for (std::int32_t id = kFirstPair; id < ClipMerges::kTokens; ++id) {
    const auto [left, right] = ClipMerges::parts_of(id);
    out += fmt::format("{} {}\n", written(left), written(right));
  }
  return out;
}

}  // namespace pxf
