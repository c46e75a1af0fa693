#include "text/clip_tokenizer.h"

#include <array>
#include <cstddef>
#include <functional>
#include <queue>

#include "base/error.h"
#include "text/unicode.h"

namespace pxf {
namespace {

struct Special {
  std::string_view name;
  std::int32_t id;
};
constexpr std::array<Special, 2> kSpecials{
    {{"<|startoftext|>", ClipTokenizer::kBegin}, {"<|endoftext|>", ClipTokenizer::kEnd}}};

/// The special token whose name `text` starts with, or none.
const Special* special_at(std::string_view text) {
  for (const Special& special : kSpecials) {
    if (text.starts_with(special.name)) return &special;
  }
  return nullptr;
}

/// Code points of the first word of `text`, which starts with no space:
/// 's|'t|'re|'ve|'m|'ll|'d | letters | one digit | anything else but spaces.
std::size_t word_length(std::u32string_view text) {
  for (const std::u32string_view ending : {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"}) {
    if (text.starts_with(ending)) return ending.size();
  }
  const CharClass kind = class_of(text[0]);
  if (kind == CharClass::number) return 1;
  std::size_t end = 1;
  while (end < text.size() && class_of(text[end]) == kind) ++end;
  return end;
}

/// Calls `use` with each word of normalized text.
template <class F>
void for_each_word(std::u32string_view text, F&& use) {
  std::string bytes;
  const auto take = [&](std::size_t length) {
    bytes.clear();
    for (const char32_t c : text.substr(0, length)) append_utf8(bytes, c);
    text.remove_prefix(length);
    use(bytes);
  };
  while (!text.empty()) {
    if (class_of(text[0]) == CharClass::space) {
      text.remove_prefix(1);
    } else if (text.starts_with(U"<|startoftext|>")) {
      // Lower-casing made it: no special token any more, but "|>" still ends a word there.
      for (const std::size_t length : {2, 11, 2}) take(length);
    } else if (text.starts_with(U"<|endoftext|>")) {
      for (const std::size_t length : {2, 9, 2}) take(length);
    } else {
      take(word_length(text));
    }
  }
}

}  // namespace

std::vector<std::int32_t> ClipTokenizer::encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  std::size_t plain = 0;  // where the text not yet encoded starts
  for (std::size_t at = text.find("<|"); at != text.npos; at = text.find("<|", at)) {
    const Special* special = special_at(text.substr(at));
    if (!special) {
      ++at;
      continue;
    }
    encode_plain(text.substr(plain, at - plain), ids);
    ids.push_back(special->id);
    at += special->name.size();
    plain = at;
  }
  encode_plain(text.substr(plain), ids);
  return ids;
}

void ClipTokenizer::encode_plain(std::string_view text, std::vector<std::int32_t>& ids) const {
  for_each_word(lower_case(nfc(decode_utf8(text))), [&](std::string_view word) { encode_word(word, ids); });
}

// Joins, again and again, the pair of neighbours whose merge has the lowest id, the leftmost of several: Sennrich et
// al. 2016. Candidate pairs wait in a heap; one whose neighbours have changed since is recognised when it comes up.
void ClipTokenizer::encode_word(std::string_view word, std::vector<std::int32_t>& ids) const {
  struct Part {
    std::int32_t token;  // -1: joined into the part before it
    std::size_t before, after;
  };
  const std::size_t count = word.size();
  std::vector<Part> parts(count);
  for (std::size_t i = 0; i < count; ++i) {
    parts[i] = {ClipMerges::byte_token(static_cast<std::uint8_t>(word[i]), i + 1 == count), i - 1, i + 1};
  }

  struct Candidate {
    std::int32_t token;
    std::size_t at;
    auto operator<=>(const Candidate&) const = default;
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
  const auto joined = [&](std::size_t at) {  // what the parts at `at` and after it join into
    const std::size_t after = parts[at].after;
    return parts[at].token < 0 || after >= count ? -1 : merges_->join(parts[at].token, parts[after].token);
  };
  const auto consider = [&](std::size_t at) {
    if (const std::int32_t token = joined(at); token >= 0) candidates.push({token, at});
  };

  for (std::size_t i = 0; i < count; ++i) consider(i);
  while (!candidates.empty()) {
    const auto [token, at] = candidates.top();
    candidates.pop();
    if (joined(at) != token) continue;
    const std::size_t gone = parts[at].after;
    parts[gone].token = -1;
    parts[at] = {token, parts[at].before, parts[gone].after};
    if (parts[at].after < count) parts[parts[at].after].before = at;
    consider(at);
    if (at > 0) consider(parts[at].before);
  }
  for (const Part& part : parts) {
    if (part.token >= 0) ids.push_back(part.token);
  }
}

std::string ClipTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string bytes;
  for (const std::int32_t id : ids) {
    require(id >= 0 && id < kVocabulary, "[CLIP tokenizer] id: got {}, need 0 to {}", id, kVocabulary - 1);
    if (id < ClipMerges::kTokens) {
      ClipMerges::append_bytes(id, bytes);
    } else {
      bytes += kSpecials[static_cast<std::size_t>(id - kBegin)].name;
      bytes += ' ';
    }
  }
  if (bytes.ends_with(' ')) bytes.pop_back();
  std::string text;
  for (const char32_t c : decode_utf8(bytes)) append_utf8(text, c);
  return text;
}

}  // namespace pxf
