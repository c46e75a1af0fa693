// Texts as points, by a checkpoint's text encoder: what means the like lies near.
#include <algorithm>
#include <cmath>
#include <span>

#include "base/error.h"
#include "pipeline/checkpoint.h"
#include "pipeline/engine_state.h"
#include "text/prompt_networks.h"
#include "text/token_chunks.h"

namespace pxf {
namespace {

const TextEncoder& first_text_encoder(const Model& model) {
  if (model.texts.empty()) fail(ErrorCode::unsupported, "text features: this file has no text encoder");
  const TextEncoder& encoder = *model.texts.front();
  if (encoder.vocabulary() != ClipTokenizer::kVocabulary) {
    fail(ErrorCode::unsupported, "text features: got a text encoder of {} tokens, need CLIP's {}", encoder.vocabulary(),
         ClipTokenizer::kVocabulary);
  }
  return encoder;
}

std::vector<float> of_length_one(std::span<const float> row) {
  double squares = 0;
  for (const float v : row) squares += static_cast<double>(v) * v;
  const double length = std::sqrt(squares);
  std::vector<float> out;
  for (const float v : row) out.push_back(length > 0 ? static_cast<float>(v / length) : 0);
  return out;
}

class TextReader {
 public:
  TextReader(Context& ctx, const TextEncoder& encoder, const ClipTokenizer& tokenizer)
      : ctx_(ctx), encoder_(encoder), tokenizer_(tokenizer) {
    layout_.pad = encoder.padding_id();
    layout_.length = std::min(layout_.length, static_cast<std::size_t>(encoder.positions()));
  }

  std::vector<float> operator()(const std::string& text) const {
    const TokenChunk row = chunks(tokenizer_.encode(cut_networks(text).prompt), layout_).front();
    const Tensor ids = ctx_.from(row, {1, static_cast<std::int64_t>(row.size())});
    const Tensor features = encoder_.encode({ids}, 1).features;
    const auto width = static_cast<std::size_t>(features.dim(2));
    const auto end = static_cast<std::size_t>(std::ranges::find(row, layout_.end) - row.begin());
    return of_length_one(features.span<float>().subspan(end * width, width));
  }

 private:
  Context& ctx_;
  const TextEncoder& encoder_;
  const ClipTokenizer& tokenizer_;
  ChunkLayout layout_;
};

}  // namespace

Result<std::vector<std::vector<float>>> Engine::text_features(const Checkpoint& checkpoint,
                                                              const std::vector<std::string>& texts,
                                                              const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  const Result<Engine::State::Turn> turn = state_->wait_for_turn(cancel);
  if (!turn) return turn.error();
  return catch_errors([&] {
    Context ctx(*state_->backend, *state_->threads, state_->memory, cancel);
    const HeldModels::Use use(*state_->models, checkpoint.state_->held);
    const TextReader read(ctx, first_text_encoder(use.model().model), state_->tokenizer());
    std::vector<std::vector<float>> out;
    for (const std::string& text : texts) {
      if (cancel != nullptr && cancel->requested()) throw Failure(Error{ErrorCode::cancelled, "cancelled", {}});
      out.push_back(read(text));
    }
    return out;
  });
}

}  // namespace pxf
