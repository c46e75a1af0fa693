#include "text/prompt_embeddings.h"

#include <algorithm>
#include <numeric>

namespace pxf {
namespace {

constexpr std::string_view kPrefix = "embedding:";
constexpr std::string_view kSpace = " \t\n\v\f\r";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Bytes outside ASCII count as letters.
bool is_letter(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || static_cast<unsigned char>(c) >= 0x80; }

bool same(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

/// Whether the name stands at this place, as a word.
bool stands_at(std::string_view text, std::size_t at, std::string_view name) {
  if (name.empty() || !same(text.substr(at, name.size()), name)) return false;
  const std::size_t end = at + name.size();
  const bool joined_before = at > 0 && is_letter(text[at - 1]) && is_letter(name.front());
  const bool joined_after = end < text.size() && is_letter(text[end]) && is_letter(name.back());
  return !joined_before && !joined_after;
}

/// The file's name without its folder and ending.
std::string_view stem_of(std::string_view name) {
  if (const auto slash = name.find_last_of("/\\"); slash != name.npos) name.remove_prefix(slash + 1);
  for (const std::string_view ending : {".safetensors", ".pt", ".bin"}) {
    if (name.size() > ending.size() && name.ends_with(ending)) name.remove_suffix(ending.size());
  }
  return name;
}

}  // namespace

std::vector<std::int32_t> PromptEmbedding::ids() const {
  std::vector<std::int32_t> out(static_cast<std::size_t>(vectors));
  std::iota(out.begin(), out.end(), first);
  return out;
}

bool names_embedding(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (stands_at(text, at, name)) return true;
  }
  return false;
}

std::vector<PromptPiece> a1111_pieces(std::string_view text, std::span<const PromptEmbedding> embeddings) {
  std::vector<PromptPiece> out;
  std::size_t begin = 0, at = 0;
  while (at < text.size()) {
    const PromptEmbedding* longest = nullptr;
    for (const PromptEmbedding& one : embeddings) {
      if (longest != nullptr && longest->name.size() >= one.name.size()) continue;
      if (stands_at(text, at, one.name)) longest = &one;
    }
    if (longest == nullptr) {
      ++at;
      continue;
    }
    if (at > begin) out.push_back({text.substr(begin, at - begin)});
    out.push_back({{}, longest});
    begin = at += longest->name.size();
  }
  if (begin < text.size()) out.push_back({text.substr(begin)});
  return out;
}

std::optional<ComfyName> comfy_embedding(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  std::string_view word = text.substr(0, text.find_first_of(kSpace));
  while (!word.empty() && (word.back() == ',' || word.back() == ';' || word.back() == '.')) word.remove_suffix(1);
  return ComfyName{stem_of(word), text.substr(word.size())};
}

std::vector<std::string> comfy_embeddings(std::string_view prompt) {
  std::vector<std::string> out;
  for (std::size_t at = prompt.find(kPrefix); at != prompt.npos; at = prompt.find(kPrefix, at + 1)) {
    if (at > 0 && is_letter(prompt[at - 1])) continue;
    const std::string_view rest = prompt.substr(at);
    const auto end = rest.find_first_of(" \t\n\v\f\r,()[]{}|:", kPrefix.size());
    const auto named = comfy_embedding(rest.substr(0, end));
    if (named && !named->name.empty()) out.emplace_back(named->name);
  }
  return out;
}

const PromptEmbedding* find_embedding(std::span<const PromptEmbedding> embeddings, std::string_view name) {
  const auto at = std::ranges::find_if(embeddings, [&](const PromptEmbedding& one) { return same(one.name, name); });
  return at == embeddings.end() ? nullptr : &*at;
}

}  // namespace pxf
