#include <array>

#include "base/error.h"
#include "models/distilled.h"
#include "models/family.h"
#include "models/sd1/sd1.h"
#include "models/sd2/sd2.h"
#include "models/sdxl/sdxl.h"
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
  } else if (what.kind == FileKind::embedding) {
    message =
        "is a textual inversion embedding, need a checkpoint; name it in the prompt, and give it with --embedding";
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

Prediction prediction_of(const Settings& settings, const Family& family, const std::string& file) {
  const std::string& said = settings.prediction_type;
  if (said.empty()) return family.prediction;
  if (said.starts_with("v")) return Prediction::v;
  if (said.starts_with("eps")) return Prediction::eps;
  throw Failure(
      Error{ErrorCode::unsupported,
            fmt::format("is {} trained on another prediction than epsilon and v, which this version cannot run "
                        "yet",
                        family.title),
            file});
}

void choose_preset(Model& model, const std::string& file) {
  const Preset& usual = model.family->preset;
  model.preset = usual;
  model.preset_from = "the family";
  const std::string stem = file.substr(file.find_last_of('/') + 1);
  for (const std::string& name : {stem, model.settings.title}) {
    const std::optional<Distilled> distilled = distilled_by(name, usual);
    if (!distilled) continue;
    model.preset = distilled->preset;
    model.preset_from = fmt::format("its name: {}", distilled->kind);
    return;
  }
}

}  // namespace

const Network& Model::network_at(double share_done) const {
  const Network* out = network.get();
  for (const LaterNetwork& one : later) {
    if (share_done >= one.from) out = one.network.get();
  }
  return *out;
}

std::vector<const Declarations*> Model::declarations() const {
  std::vector<const Declarations*> out;
  if (network) out.push_back(&network->declarations());
  for (const LaterNetwork& one : later) out.push_back(&one.network->declarations());
  if (autoencoder) out.push_back(&autoencoder->declarations());
  for (const auto& text : texts) out.push_back(&text->declarations());
  return out;
}

std::span<const Family> families() {
  static const std::array all{sd1_family(),         sd1_inpaint_family(), sd1_pix2pix_family(),  sd2_family(),
                              sd2_inpaint_family(), sdxl_family(),        sdxl_inpaint_family(), sdxl_refiner_family()};
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
    choose_preset(opened.model, file.source().name());
    opened.model.latent.scale = opened.model.settings.latent_scale.value_or(family->latent.scale);
    opened.model.prediction = prediction_of(opened.model.settings, *family, file.source().name());
    if (opened.model.settings.zero_terminal_snr) {
      opened.model.noise = opened.model.noise.with_zero_terminal_snr();
    }
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
