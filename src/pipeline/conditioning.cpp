#include "pipeline/conditioning.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "text/token_chunks.h"

namespace pxf {
namespace {

constexpr double kNegativeAestheticScore = 2.5;

using Tokens = std::vector<std::int32_t>;

/// One encoder's view of each text: (1, tokens, width) of all its chunks, pooled (1, width) of the first.
std::vector<TextEncoder::Output> encode(Context& ctx, const TextEncoder& encoder, std::span<const Tokens> texts,
                                        std::int64_t chunk, int clip_skip) {
  if (encoder.vocabulary() != ClipTokenizer::kVocabulary) {
    fail(ErrorCode::unsupported, "text encoder: its vocabulary has {} tokens, CLIP's has {}", encoder.vocabulary(),
         ClipTokenizer::kVocabulary);
  }
  ChunkLayout layout;
  layout.pad = encoder.padding_id();
  layout.length = static_cast<std::size_t>(std::min(chunk, encoder.positions()));
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> ends;  // of each text, in rows
  for (const Tokens& tokens : texts) {
    for (const TokenChunk& row : chunks(tokens, layout)) ids.insert(ids.end(), row.begin(), row.end());
    ends.push_back(static_cast<std::int64_t>(ids.size() / layout.length));
  }
  const auto length = static_cast<std::int64_t>(layout.length);
  const TextEncoder::Output all = encoder.encode(ctx.from(ids, {ends.back(), length}), clip_skip);

  std::vector<TextEncoder::Output> out;
  std::int64_t begin = 0;
  for (const std::int64_t end : ends) {
    out.push_back({all.features.rows(begin, end).reshape({1, (end - begin) * length, encoder.width()}),
                   all.pooled.defined() ? all.pooled.rows(begin, begin + 1) : Tensor()});
    begin = end;
  }
  return out;
}

void zero(TextEncoder::Output& text) {
  text.features = text.features * 0.0;
  if (text.pooled.defined()) text.pooled = text.pooled * 0.0;
}

}  // namespace

Prompts encode_prompts(Context& ctx, const Model& model, const ClipTokenizer& tokenizer, const Request& request,
                       const Plan& plan) {
  const TextLayout& layout = model.family->text;
  const std::array texts{tokenizer.encode(request.prompt), tokenizer.encode(request.negative)};
  std::vector<TextEncoder::Output> positive, negative;  // of each encoder
  for (const auto& encoder : model.texts) {
    auto outputs = encode(ctx, *encoder, texts, layout.chunk, plan.clip_skip);
    if (layout.zero_empty_negative && request.negative.empty()) zero(outputs[1]);
    positive.push_back(std::move(outputs[0]));
    negative.push_back(std::move(outputs[1]));
  }
  SizeConditioning size;
  size.height = size.target_height = plan.height;
  size.width = size.target_width = plan.width;
  Prompts out;
  out.positive = model.family->condition(positive, size);
  size.aesthetic_score = kNegativeAestheticScore;
  out.negative = model.family->condition(negative, size);
  return out;
}

std::optional<Conditioning> as_batch(const Prompts& prompts) {
  if (prompts.positive.context.shape() != prompts.negative.context.shape()) return std::nullopt;
  Conditioning both{concat_batch(std::array{prompts.positive.context, prompts.negative.context})};
  if (prompts.positive.vector.defined()) {
    both.vector = concat_batch(std::array{prompts.positive.vector, prompts.negative.vector});
  }
  return both;
}

}  // namespace pxf
