// Textual inversion embeddings in a prompt: which of its words stand for vectors of their own in place of tokens.
//   A1111     an embedding's name is such a word: "a photo, easynegative"
//   ComfyUI   it follows "embedding:": "a photo, embedding:easynegative"
// Upper and lower case of ASCII letters are the same. A letter that touches a name which begins or ends with one makes
// another word of it: "art" is not in "party", but it is in "(art:1.2)".
// Pure functions; any bytes.
// Not here: which embeddings there are, and their vectors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pxf {

struct PromptEmbedding {
  std::string name;
  std::int32_t first = 0;    // the id that stands for its first vector, above all tokens'; the others follow
  std::int32_t vectors = 1;  // at most what a row has room for

  std::vector<std::int32_t> ids() const;
};

/// Whether A1111 would find this name in the text.
bool names_embedding(std::string_view text, std::string_view name);

/// Words of a text, or the embedding that one of them names.
struct PromptPiece {
  std::string_view words;
  const PromptEmbedding* embedding = nullptr;
};
/// In the order of the text; where several names begin at one place, the longest.
std::vector<PromptPiece> a1111_pieces(std::string_view text, std::span<const PromptEmbedding> embeddings);

/// "embedding:styles/fox.pt, in the snow" names "fox"; the rest is ", in the snow". None for another beginning.
struct ComfyName {
  std::string_view name, rest;
};
std::optional<ComfyName> comfy_embedding(std::string_view text);
/// All that a ComfyUI prompt names, brackets and weights around them or not.
std::vector<std::string> comfy_embeddings(std::string_view prompt);
/// Null when there is none of this name.
const PromptEmbedding* find_embedding(std::span<const PromptEmbedding> embeddings, std::string_view name);

}  // namespace pxf
