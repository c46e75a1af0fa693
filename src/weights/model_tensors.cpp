#include "weights/model_tensors.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "formats/in_quotes.h"

namespace pxf {
namespace {

struct Beginning {
  std::string_view text;
  ModelPart part;
};
constexpr std::array kBeginnings{
    Beginning{"model.diffusion_model.", ModelPart::unet}, Beginning{"first_stage_model.", ModelPart::vae},
    Beginning{"cond_stage_model.", ModelPart::text}, Beginning{"conditioner.", ModelPart::text},
    Beginning{"text_encoders.", ModelPart::text}};

// What stands before the names in a whole checkpoint, of a file that has a part alone.
std::string_view missing_beginning(const Catalog& file, const Recognised& what) {
  if (what.kind == FileKind::network) return "model.diffusion_model.";
  const bool bare = file.has_any("decoder.") && !file.has_any("first_stage_model.");
  return what.kind == FileKind::vae && bare && what.family.empty() ? "first_stage_model." : "";
}

std::string whole_name(std::string_view name, std::string_view beginning) {
  constexpr std::string_view kOtherVae = "vae.";
  if (part_of(name) != ModelPart::other) return std::string(name);
  if (name.starts_with(kOtherVae)) return "first_stage_model." + std::string(name.substr(kOtherVae.size()));
  return std::string(beginning) + std::string(name);
}

}  // namespace

std::string_view to_string(ModelPart part) noexcept {
  switch (part) {
    case ModelPart::unet: return "unet";
    case ModelPart::text: return "text";
    case ModelPart::vae: return "vae";
    case ModelPart::other: return "other";
  }
  return "other";
}

ModelPart part_of(std::string_view tensor) noexcept {
  for (const Beginning& beginning : kBeginnings) {
    if (tensor.starts_with(beginning.text)) return beginning.part;
  }
  return ModelPart::other;
}

ModelTensors::ModelTensors(const Catalog& file) : file_(file), what_(recognise(file)) {
  const std::string_view beginning = missing_beginning(file, what_);
  for (const std::string_view name : file.names()) {
    const TensorInfo* info = file.source().find(file.prefix() + std::string(name));
    const auto [at, added] = tensors_.emplace(whole_name(name, beginning), info);
    if (added) continue;
    throw Failure(
        Error{ErrorCode::bad_file,
              fmt::format("tensor {}: and {} are one; need one of them", in_quotes(name), in_quotes(at->second->name)),
              this->name()});
  }
}

const TensorInfo* ModelTensors::find(std::string_view name) const {
  const auto at = tensors_.find(name);
  return at == tensors_.end() ? nullptr : at->second;
}

Weight ModelTensors::weight(std::string_view name) const {
  const TensorInfo* info = find(name);
  require(info != nullptr, "[model tensors] {}: is not there", name);
  return file_.weight(std::string_view(info->name).substr(file_.prefix().size()));
}

bool same_extents(const Shape& a, const Shape& b) noexcept {
  const auto extent = [](const Shape& s, int i) { return i < s.rank() ? s.extents()[static_cast<std::size_t>(i)] : 1; };
  for (int i = 0; i < std::max(a.rank(), b.rank()); ++i) {
    if (extent(a, i) != extent(b, i)) return false;
  }
  return true;
}

}  // namespace pxf
