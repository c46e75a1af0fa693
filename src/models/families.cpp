#include <array>

#include "base/error.h"
#include "models/family.h"
#include "models/sd1/sd1.h"
#include "weights/recognise.h"

namespace pxf {
namespace {

std::string supported_titles() {
  std::string out;
  for (const Family& family : families()) out += (out.empty() ? "" : ", ") + std::string(family.title);
  return out;
}

Error not_a_checkpoint(const Catalog& file, const Recognised& what) {
  std::string message;
  if (what.kind == FileKind::lora) {
    message = "is a LoRA, need a checkpoint; give it with --lora, beside a checkpoint of its family";
  } else if (what.kind == FileKind::unknown) {
    message = fmt::format("holds {} tensors that no model known here has; need a checkpoint ({})",
                          file.source().tensors().size(), supported_titles());
  } else if (what.kind == FileKind::checkpoint || what.kind == FileKind::network) {
    message = fmt::format("is {}, which this version cannot run yet; need a checkpoint of {}", what.title,
                          supported_titles());
  } else {
    message = fmt::format("is a {}, need a checkpoint (UNet, VAE and text encoder in one file)", to_string(what.kind));
  }
  return Error{ErrorCode::unsupported, std::move(message), file.source().name()};
}

}  // namespace

std::span<const Family> families() {
  static const std::array all{sd1_family(), sd1_inpaint_family(), sd1_pix2pix_family()};
  return all;
}

const Family* find_family(std::string_view id) {
  for (const Family& family : families()) {
    if (family.id == id) return &family;
  }
  return nullptr;
}

Result<OpenedModel> open_model(const Catalog& file) {
  const Recognised what = recognise(file);
  const Family* family = find_family(what.family);
  if (family == nullptr) return not_a_checkpoint(file, what);
  OpenedModel opened;
  try {
    opened.model.family = family;
    opened.model.settings = read_settings(file);
    opened.model.latent = family->latent;
    opened.model.latent.scale = opened.model.settings.latent_scale.value_or(family->latent.scale);
    const std::string& prediction = opened.model.settings.prediction_type;
    opened.model.prediction = prediction.empty()            ? family->prediction
                              : prediction.starts_with("v") ? Prediction::v
                                                            : Prediction::eps;
    family->build(file, opened.model, opened.report);
  } catch (...) {
    return with_context(current_error(), file.source().name());
  }
  note_unexpected(file, opened.report);
  if (!opened.report.complete()) {
    return Error{ErrorCode::bad_file,
                 fmt::format("{} tensors, {}; the file is damaged or cut off: pull or copy it again", what.title,
                             opened.report.problem()),
                 file.source().name()};
  }
  return opened;
}

}  // namespace pxf
