#include "pipeline/clip_score.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "backends/backends.h"
#include "base/cosine.h"
#include "base/error.h"
#include "base/file.h"
#include "base/thread_pool.h"
#include "formats/open.h"
#include "image/bicubic.h"
#include "image/resize.h"
#include "models/vision/clip.h"
#include "text/clip_tokenizer.h"
#include "text/token_chunks.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

// Of the pictures that all CLIPs were trained on.
constexpr std::array kMean{0.48145466, 0.4578275, 0.40821073}, kDeviation{0.26862954, 0.26130258, 0.27577711};
constexpr std::size_t kLargestClipConfig = std::size_t{1} << 20;

/// What lies beside its file, or in the folder, as config.json.
std::string config_beside(const fs::path& file, const Catalog& catalog) {
  if (const std::string inside = catalog.metadata("config.json"); !inside.empty()) return inside;
  std::error_code none;
  const fs::path beside = file.parent_path() / "config.json";
  if (!fs::is_regular_file(beside, none)) return {};
  const Result<std::string> text = read_file(beside, kLargestClipConfig);
  return text ? text.value() : std::string();
}

/// The shorter side becomes `side`, then the middle is taken; (1, side, side, 3).
Tensor as_clip_sees(Context& ctx, const Image& image, int side) {
  const auto scaled = [&](int a, int b) { return a <= b ? side : static_cast<int>(std::int64_t{side} * a / b); };
  const Image small = resized_bicubic(image, scaled(image.width, image.height), scaled(image.height, image.width));
  const Image square = cut(small, (small.width - side) / 2, (small.height - side) / 2, side, side);
  std::vector<float> values;
  for (std::size_t i = 0; i < square.pixels.size(); ++i) {
    const std::size_t c = i % 3;
    values.push_back(static_cast<float>((square.pixels[i] / 255.0 - kMean[c]) / kDeviation[c]));
  }
  return ctx.from(values, {1, side, side, 3});
}

}  // namespace

struct ClipScore::State {
  State(const Catalog& file, const std::string& config, const EngineOptions& options)
      : threads(options.threads), ctx(*find_backend(options.backend), threads, memory), clip(file, config) {}

  /// A text is asked for again with every picture.
  const Tensor& of_text(const std::string& text) {
    const auto known = texts.find(text);
    if (known != texts.end()) return known->second;
    const auto length = static_cast<std::size_t>(clip.text().positions());
    const ChunkLayout layout{.length = length};
    const TokenChunk row = chunks(tokenizer.encode(text), layout).front();
    return texts[text] = clip.of_texts(ctx.from(row, {1, static_cast<std::int64_t>(length)}));
  }

  ThreadPool threads;
  BufferPool memory;
  Context ctx;
  vision::Clip clip;
  ClipTokenizer tokenizer;
  std::map<std::string, Tensor> texts;
};

ClipScore::ClipScore(const fs::path& file, const EngineOptions& options) {
  const Catalog catalog(value_or_throw(open_tensors(file.string())));
  stamp_ = catalog.source().stamp();
  state_ = std::make_unique<State>(catalog, config_beside(file, catalog), options);
  if (state_->clip.text().vocabulary() != ClipTokenizer::kVocabulary) {
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("its text tower knows {} tokens, CLIP's has {}", state_->clip.text().vocabulary(),
                                    ClipTokenizer::kVocabulary),
                        file.string()});
  }
}

ClipScore::~ClipScore() = default;

double ClipScore::operator()(const Image& image, const std::string& text) const {
  const Tensor picture =
      state_->clip.of_pictures(as_clip_sees(state_->ctx, image, static_cast<int>(state_->clip.side())));
  return cosine(picture.span<float>(), state_->of_text(text).span<float>());
}

}  // namespace pxf
