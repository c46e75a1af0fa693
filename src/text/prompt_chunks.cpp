#include "text/prompt_chunks.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace pxf {
namespace {

class A1111Rows {
 public:
  A1111Rows(const ChunkLayout& layout, std::int32_t comma, std::size_t backtrack)
      : writer_(layout), comma_(comma), backtrack_(backtrack) {}

  void add(std::int32_t id, double weight) {
    if (id == comma_) {
      last_comma_ = writer_.used();  // of a comma that no longer fits this row too: it starts the next, uncounted
    } else {
      go_back_to_comma();
    }
    if (writer_.room() == 0) end_row(writer_.used());
    writer_.add(id, weight);
  }
  void add(const PromptEmbedding& embedding, double weight) {
    const std::vector<std::int32_t> ids = embedding.ids();
    require(ids.size() <= writer_.capacity(), "embedding {}: got {} vectors, a row of the prompt takes {}",
            embedding.name, ids.size(), writer_.capacity());
    go_back_to_comma();
    if (writer_.room() < ids.size()) end_row();
    for (const std::int32_t id : ids) writer_.add(id, weight);
  }
  void end_row() { end_row(writer_.used()); }
  std::vector<WeightedChunk> finish() { return writer_.finish(); }

 private:
  void end_row(std::size_t keep) {
    writer_.end_row(keep);
    last_comma_.reset();
  }
  void go_back_to_comma() {
    if (writer_.room() == 0 && last_comma_ && writer_.used() - *last_comma_ <= backtrack_) end_row(*last_comma_ + 1);
  }

  ChunkWriter writer_;
  std::int32_t comma_;
  std::size_t backtrack_;
  std::optional<std::size_t> last_comma_;
};

/// Calls `use` with the text up to the first name of an embedding, then with each name and what follows it. The space
/// before a name is dropped.
template <class F>
void for_each_embedding(std::string_view text, F&& use) {
  constexpr std::string_view prefix = "embedding:";
  std::size_t begin = 0;
  for (std::size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1)) {
    if (at == 0 || (text[at - 1] != ' ' && text[at - 1] != '\n')) continue;
    use(text.substr(begin, at - 1 - begin));
    begin = at;
  }
  use(text.substr(begin));
}

void add_comfy_span(ChunkWriter& writer, std::span<const std::int32_t> ids, double weight) {
  const bool may_be_cut = ids.size() >= 8 || ids.size() > writer.capacity();
  while (!ids.empty()) {
    const std::size_t fit = ids.size() <= writer.room() ? ids.size() : may_be_cut ? writer.room() : 0;
    for (const std::int32_t id : ids.first(fit)) writer.add(id, weight);
    ids = ids.subspan(fit);
    if (!ids.empty()) writer.end_row();
  }
}

}  // namespace

std::vector<WeightedChunk> a1111_chunks(const ClipTokenizer& tokenizer, std::span<const WeightedText> spans,
                                        const ChunkLayout& layout, std::size_t comma_backtrack,
                                        std::span<const PromptEmbedding> embeddings) {
  A1111Rows rows(layout, tokenizer.encode(",").front(), comma_backtrack);
  for (const WeightedText& span : spans) {
    if (is_break(span)) {
      rows.end_row();
      continue;
    }
    for (const PromptPiece& piece : a1111_pieces(span.text, embeddings)) {
      if (piece.embedding != nullptr) rows.add(*piece.embedding, span.weight);
      for (const std::int32_t id : tokenizer.encode(piece.words)) rows.add(id, span.weight);
    }
  }
  return rows.finish();
}

std::vector<WeightedChunk> comfy_chunks(const ClipTokenizer& tokenizer, std::span<const WeightedText> spans,
                                        const ChunkLayout& layout, std::span<const PromptEmbedding> embeddings) {
  ChunkWriter writer(layout);
  for (const WeightedText& span : spans) {
    for_each_embedding(span.text, [&](std::string_view words) {
      const auto named = comfy_embedding(words);
      if (const auto* embedding = named ? find_embedding(embeddings, named->name) : nullptr) {
        add_comfy_span(writer, embedding->ids(), span.weight);
        words = named->rest;
      }
      add_comfy_span(writer, tokenizer.encode(words), span.weight);
    });
  }
  return writer.finish();
}

}  // namespace pxf
