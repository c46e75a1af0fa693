#include "models/vision/clip.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "weights/binding.h"

namespace pxf::vision {
namespace {

using nlohmann::json;

/// What shapes do not tell of a tower.
struct Told {
  std::int64_t heads = 0;
  bool exact_gelu = false;
};

Told told_of(const std::string& config, const char* tower) {
  const json all = json::parse(config, nullptr, false);
  if (!all.is_object() || !all.contains(tower) || !all[tower].is_object()) return {};
  const json& one = all[tower];
  const json heads = one.value("num_attention_heads", json()), act = one.value("hidden_act", json());
  return {heads.is_number_integer() ? heads.get<std::int64_t>() : 0, act == "gelu"};
}

void check_is_clip(const Catalog& file) {
  for (const char* name : {"vision_model.embeddings.patch_embedding.weight", "visual_projection.weight",
                           "text_model.embeddings.token_embedding.weight", "text_projection.weight"}) {
    if (file.has(name)) continue;
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("is no CLIP model of transformers: it has no {}; need one such as "
                                    "openai/clip-vit-large-patch14's model.safetensors",
                                    name),
                        file.source().name()});
  }
}

}  // namespace

Clip::Clip(const Catalog& file, const std::string& config) {
  check_is_clip(file);
  const Told picture = told_of(config, "vision_config"), words = told_of(config, "text_config");
  Layout vision = read_layout(file.under("vision_model"), picture.heads);
  vision.exact_gelu = picture.exact_gelu;
  text::Layout text = text::read_clip_layout(file.under("text_model"), words.heads);
  text.exact_gelu = words.exact_gelu;
  vision_ = std::make_unique<ClipVision>(vision);
  text_ = std::make_unique<text::ClipText>(text);
  const std::int64_t width = file.shape("visual_projection.weight").dim(0);
  const Scope s(declarations_);
  visual_projection_.declare(s / "visual_projection", vision.width, width, false);
  text_projection_.declare(s / "text_projection", text.width, width, false);
  LoadReport report;
  bind_weights(vision_->declarations(), file.under("vision_model"), report);
  bind_weights(text_->declarations(), file.under("text_model"), report);
  bind_weights(declarations_, file, report);
  if (!report.complete()) {
    throw Failure(Error{ErrorCode::bad_file,
                        fmt::format("CLIP tensors, {}; pull or copy the file again", report.problem()),
                        file.source().name()});
  }
}

Tensor Clip::of_pictures(const Tensor& pictures) const { return visual_projection_(vision_->encode(pictures)); }

Tensor Clip::of_texts(const Tensor& ids) const { return text_projection_(text_->encode({ids}, 1).pooled); }

}  // namespace pxf::vision
