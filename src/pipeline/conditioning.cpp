#include "pipeline/conditioning.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "pipeline/weighting.h"

namespace pxf {
namespace {

constexpr double kNegativeAestheticScore = 2.5;

// Encodes texts, several at once, with one of the model's encoders.
class Encoder {
 public:
  /// `vectors` are those of the words, for this encoder.
  Encoder(Context& ctx, const TextEncoder& encoder, const ClipTokenizer& tokenizer, PromptGrammar grammar,
          std::int64_t chunk, int clip_skip, std::span<const PromptEmbedding> words, std::span<const float> vectors)
      : ctx_(ctx), encoder_(encoder), tokenizer_(tokenizer), grammar_(grammar), clip_skip_(clip_skip), words_(words) {
    if (!vectors.empty()) {
      const auto count = static_cast<std::int64_t>(vectors.size()) / encoder.width();
      vectors_ = ctx.from(vectors, {count, encoder.width()});
    }
    if (encoder.vocabulary() != ClipTokenizer::kVocabulary) {
      fail(ErrorCode::unsupported, "text encoder: its vocabulary has {} tokens, CLIP's has {}", encoder.vocabulary(),
           ClipTokenizer::kVocabulary);
    }
    layout_.pad = encoder.padding_id();
    layout_.length = static_cast<std::size_t>(std::min(chunk, encoder.positions()));
  }

  /// (1, tokens, width) of all rows of each text, and the first row's pooled vector.
  std::vector<TextEncoder::Output> operator()(std::span<const std::string> texts) const {
    std::vector<WeightedChunk> rows;
    std::vector<std::size_t> ends;
    for (const std::string& text : texts) {
      for (WeightedChunk& row : prompt_chunks(tokenizer_, text, grammar_, layout_, words_))
        rows.push_back(std::move(row));
      ends.push_back(rows.size());
    }
    const std::size_t wanted = rows.size();
    const bool lerps = grammar_ == PromptGrammar::comfy && std::ranges::any_of(rows, has_weights);
    if (lerps) rows.push_back(prompt_chunks(tokenizer_, "", grammar_, layout_).at(0));
    TextEncoder::Output all = encode(rows);
    weigh(all.features, rows, wanted, lerps);

    std::vector<TextEncoder::Output> out;
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      out.push_back(rows_of(all, static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)));
      begin = end;
    }
    return out;
  }

 private:
  static bool has_weights(const WeightedChunk& row) {
    return std::ranges::any_of(row.weights, [](double w) { return w != 1; });
  }

  TextEncoder::Output encode(std::span<const WeightedChunk> rows) const {
    std::vector<std::int32_t> ids;
    for (const WeightedChunk& row : rows) ids.insert(ids.end(), row.ids.begin(), row.ids.end());
    const auto count = static_cast<std::int64_t>(rows.size()), length = static_cast<std::int64_t>(layout_.length);
    return encoder_.encode({ctx_.from(ids, {count, length}), vectors_}, clip_skip_);
  }

  /// The rows before `wanted`; where `lerps`, the one after them is the empty prompt's.
  void weigh(Tensor& features, std::span<const WeightedChunk> rows, std::size_t wanted, bool lerps) const {
    if (std::ranges::none_of(rows, has_weights)) return;
    const std::span<float> values = features.span<float>();
    const std::size_t size = values.size() / rows.size();
    for (std::size_t i = 0; i < wanted; ++i) {
      if (!has_weights(rows[i])) continue;
      const std::span<float> row = values.subspan(i * size, size);
      if (lerps) {
        weigh_as_comfy(row, rows[i].weights, values.subspan(wanted * size, size));
      } else {
        weigh_as_a1111(row, rows[i].weights);
      }
    }
  }

  TextEncoder::Output rows_of(const TextEncoder::Output& all, std::int64_t begin, std::int64_t end) const {
    const auto length = static_cast<std::int64_t>(layout_.length);
    return {all.features.rows(begin, end).reshape({1, (end - begin) * length, encoder_.width()}),
            all.pooled.defined() ? all.pooled.rows(begin, begin + 1) : Tensor()};
  }

  Context& ctx_;
  const TextEncoder& encoder_;
  const ClipTokenizer& tokenizer_;
  PromptGrammar grammar_;
  int clip_skip_;
  std::span<const PromptEmbedding> words_;
  Tensor vectors_;  // undefined where there are no words
  ChunkLayout layout_;
};

void zero(TextEncoder::Output& text) {
  text.features = text.features * 0.0;
  if (text.pooled.defined()) text.pooled = text.pooled * 0.0;
}

/// The distinct texts of a schedule, by which their encodings are kept.
using Texts = std::vector<std::string>;
void note_texts(const std::vector<ScheduledText>& schedule, Texts& texts) {
  for (const ScheduledText& one : schedule) {
    if (std::ranges::find(texts, one.text) == texts.end()) texts.push_back(one.text);
  }
}

using ByText = std::map<std::string, Conditioning>;

/// The conditioning of each text, of `prompts` and of `negatives`; every encoder runs once for all of them.
std::pair<ByText, ByText> condition(Context& ctx, const Model& model, const ClipTokenizer& tokenizer,
                                    const Texts& prompts, const Texts& negatives, PromptGrammar grammar, int clip_skip,
                                    SizeConditioning size, const Embeddings& embeddings) {
  const TextLayout& layout = model.family->text;
  Texts all = prompts;
  all.insert(all.end(), negatives.begin(), negatives.end());
  std::vector<std::vector<TextEncoder::Output>> outputs(all.size());  // of each text, by encoder
  for (std::size_t k = 0; k < model.texts.size(); ++k) {
    const std::span<const float> vectors = embeddings.words.empty() ? std::span<const float>() : embeddings.tables[k];
    const Encoder encode(ctx, *model.texts[k], tokenizer, grammar, layout.chunk, clip_skip, embeddings.words, vectors);
    auto of_encoder = encode(all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool is_negative = i >= prompts.size();
      if (is_negative && layout.zero_empty_negative && all[i].empty()) zero(of_encoder[i]);
      outputs[i].push_back(std::move(of_encoder[i]));
    }
  }
  std::pair<ByText, ByText> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i == prompts.size()) size.aesthetic_score = kNegativeAestheticScore;
    (i < prompts.size() ? out.first : out.second).emplace(all[i], model.family->condition(outputs[i], size));
  }
  return out;
}

PromptCourse course_of(double weight, const std::vector<ScheduledText>& schedule, const ByText& conds) {
  PromptCourse out{weight, {}};
  for (const ScheduledText& one : schedule) out.stretches.push_back({one.end_step, conds.at(one.text)});
  return out;
}

}  // namespace

PromptGrammar grammar_of(PromptSyntax syntax) noexcept {
  return syntax == PromptSyntax::comfy ? PromptGrammar::comfy : PromptGrammar::a1111;
}

const Conditioning& PromptCourse::at(int step) const {
  const auto it = std::ranges::find_if(stretches, [&](const Stretch& s) { return step <= s.end_step; });
  return it == stretches.end() ? stretches.back().cond : it->cond;
}

Prompts encode_prompts(Context& ctx, const Model& model, const ClipTokenizer& tokenizer, const std::string& prompt,
                       const Request& request, const Plan& plan, const Embeddings& embeddings, Pass pass) {
  const PromptGrammar grammar = grammar_of(request.syntax);
  ScheduleSteps steps{.steps = plan.steps};
  if (pass == Pass::second) steps.hires_steps = plan.hires_steps;
  const PromptPlan positive = plan_prompt(prompt, grammar, steps);
  // AND joins prompts, not what they should lack.
  const std::vector<ScheduledText> negative = grammar == PromptGrammar::a1111
                                                  ? prompt_schedule(request.negative, steps)
                                                  : std::vector<ScheduledText>{{steps.count(), request.negative}};
  Texts texts, negative_texts;
  for (const PromptPart& part : positive.parts) note_texts(part.schedule, texts);
  note_texts(negative, negative_texts);

  const int width = pass == Pass::second ? plan.hires_width : plan.width;
  const int height = pass == Pass::second ? plan.hires_height : plan.height;
  SizeConditioning size;
  size.height = size.target_height = height;
  size.width = size.target_width = width;
  const auto [conds, negative_conds] =
      condition(ctx, model, tokenizer, texts, negative_texts, grammar, plan.clip_skip, size, embeddings);
  Prompts out;
  for (const PromptPart& part : positive.parts) out.positive.push_back(course_of(part.weight, part.schedule, conds));
  out.negative = course_of(1, negative, negative_conds);
  return out;
}

std::optional<Conditioning> as_batch(std::span<const Conditioning* const> all) {
  std::vector<Tensor> contexts, vectors;
  for (const Conditioning* cond : all) {
    if (cond->context.shape() != all[0]->context.shape()) return std::nullopt;
    contexts.push_back(cond->context);
    if (cond->vector.defined()) vectors.push_back(cond->vector);
  }
  return Conditioning{concat_batch(contexts), vectors.empty() ? Tensor() : concat_batch(vectors)};
}

}  // namespace pxf
