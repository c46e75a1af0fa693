#include "pipeline/conditioning.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "text/token_chunks.h"

namespace pxf {

Prompts encode_prompts(Context& ctx, const Model& model, const ClipTokenizer& tokenizer, const std::string& prompt,
                       const std::string& negative, int clip_skip) {
  const TextEncoder& encoder = *model.text;
  if (encoder.vocabulary() != ClipTokenizer::kVocabulary) {
    fail(ErrorCode::unsupported, "text encoder: its vocabulary has {} tokens, CLIP's has {}", encoder.vocabulary(),
         ClipTokenizer::kVocabulary);
  }
  ChunkLayout layout;
  layout.length = static_cast<std::size_t>(std::min(model.family->text.chunk, encoder.positions()));
  std::vector<TokenChunk> rows = chunks(tokenizer.encode(prompt), layout);
  const auto of_prompt = static_cast<std::int64_t>(rows.size());
  for (TokenChunk& row : chunks(tokenizer.encode(negative), layout)) rows.push_back(std::move(row));

  std::vector<std::int32_t> ids;
  for (const TokenChunk& row : rows) ids.insert(ids.end(), row.begin(), row.end());
  const auto count = static_cast<std::int64_t>(rows.size()), length = static_cast<std::int64_t>(layout.length);
  const Tensor features = encoder.encode(ctx.from(ids, {count, length}), clip_skip).features;
  const auto side_by_side = [&](std::int64_t begin, std::int64_t end) {
    return features.rows(begin, end).reshape({1, (end - begin) * length, encoder.width()});
  };
  return {{side_by_side(0, of_prompt)}, {side_by_side(of_prompt, count)}};
}

}  // namespace pxf
