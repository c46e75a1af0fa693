#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
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

void apply(const Hearsay& said, Settings& settings) {
  if (!said.prediction.empty()) settings.prediction_type = said.prediction;
  if (settings.prediction_type.empty()) settings.prediction_type = said.prediction_beside;
  settings.zero_terminal_snr = said.zero_terminal_snr.value_or(settings.zero_terminal_snr);
}

/// Null when no engine here runs it. Throws Failure(unsupported) for a family that is said and not known.
const Family* family_of(const Recognised& what, const Hearsay& said, const std::string& file) {
  const bool may_be_a_model =
      what.kind == FileKind::checkpoint || what.kind == FileKind::network || what.kind == FileKind::unknown;
  if (said.family.empty() || !may_be_a_model) return find_family(what.family);
  if (const Family* family = find_family(said.family)) return family;
  std::vector<std::string_view> ids;
  for (const Family& one : families()) ids.push_back(one.id);
  const std::string_view nearest = nearest_name(said.family, ids);
  throw Failure(
      Error{ErrorCode::unsupported,
            fmt::format("family: it is set to \"{}\", need one of {}{}; try pixelforge set NAME family=", said.family,
                        fmt::join(ids, ", "), nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)),
            file});
}

/// What tells against a family that is only said, though sizes come from shapes and so the parts that it finds load;
/// empty: nothing.
std::string misfit(const Catalog& file, const Model& model, const LoadReport& report) {
  if (!report.complete()) return report.problem();
  const std::int64_t channels = model.latent.channels + model.family->extra_channels;
  if (model.network && model.network->in_channels() != channels) {
    return fmt::format("the UNet takes {} channels, need {}", model.network->in_channels(), channels);
  }
  for (const char* text_encoder : {"cond_stage_model", "conditioner"}) {
    if (model.texts.empty() && file.has_any(fmt::format("{}.", text_encoder))) {
      return fmt::format("the text encoder is none of those that it has, under {}", text_encoder);
    }
  }
  return {};
}

Error bad_tensors(const Recognised& what, const Family& family, const std::string& problem, const std::string& file) {
  if (family.id == what.family) {
    return Error{
        ErrorCode::bad_file,
        fmt::format("{} tensors, {}; the file is damaged or cut off: pull or copy it again", what.title, problem),
        file};
  }
  return Error{ErrorCode::unsupported,
               fmt::format("family: it is set to {}, its tensors are of {}: {}; try pixelforge set NAME family=",
                           family.title, what.title.empty() ? "another model" : what.title, problem),
               file};
}

Prediction prediction_of(const Settings& settings, const Family& family, const std::string& file) {
  const std::string& said = settings.prediction_type;
  if (said.empty()) return family.prediction;
  if (said.starts_with("v")) return Prediction::v;
  if (said.starts_with("eps")) return Prediction::eps;
  if (said == "edm" && family.edm) return Prediction::edm;
  throw Failure(
      Error{ErrorCode::unsupported,
            fmt::format("is {} trained on another prediction than epsilon and v, which this version cannot run "
                        "yet",
                        family.title),
            file});
}

/// One number a channel: of a tensor, else as the metadata say, else `otherwise`.
std::vector<double> numbers_of_channels(const Catalog& file, const char* name, std::int64_t channels,
                                        const std::vector<double>& said, const std::vector<double>& otherwise) {
  std::vector<double> out = said.empty() ? otherwise : said;
  if (file.has(name) && file.shape(name).numel() > 0) {
    std::vector<float> values(static_cast<std::size_t>(std::min<std::int64_t>(file.shape(name).numel(), 4096)));
    file.weight(name).read_f32(0, values);
    out.assign(values.begin(), values.end());
  }
  if (std::ssize(out) == channels && std::ranges::all_of(out, [](double v) { return std::isfinite(v); })) return out;
  throw Failure(Error{ErrorCode::bad_file,
                      fmt::format("tensor {}: got {} numbers, need one for each of {} channels of latents, none NaN or "
                                  "infinite",
                                  name, out.size(), channels),
                      file.source().name()});
}

/// Latents are measured by channel, noise goes up to sigma_max, and the network's outputs mean something else.
void take_edm_training(const Catalog& file, Model& model) {
  const EdmTraining& training = *model.family->edm;
  model.sigma_data = training.sigma_data;
  model.noise = NoiseSchedule::edm(training.sigma_min, training.sigma_max);
  LatentSpace& latent = model.latent;
  latent.scale = model.settings.latent_scale.value_or(training.latent_scale);
  latent.shift = 0;
  const Settings& said = model.settings;
  latent.channel_means =
      numbers_of_channels(file, "edm_mean", latent.channels, said.latent_means, training.channel_means);
  latent.channel_deviations =
      numbers_of_channels(file, "edm_std", latent.channels, said.latent_deviations, training.channel_deviations);
  latent.colours = {};  // which are of another scale: the VAE is asked
  for (const double deviation : latent.channel_deviations) {
    if (deviation > 0) continue;
    throw Failure(Error{ErrorCode::bad_file, fmt::format("tensor edm_std: got {}, need numbers above 0", deviation),
                        file.source().name()});
  }
  if (model.preset_from == "the family") model.preset = training.preset;
}

/// Tensors by which files tell what they were trained on (read_settings, take_edm_training).
bool tells_of_training(const std::string& name) {
  constexpr std::array<std::string_view, 4> kTold{"v_pred", "ztsnr", "edm_mean", "edm_std"};
  return std::ranges::find(kTold, name) != kTold.end();
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

Result<OpenedModel> open_model(const Catalog& file, const Hearsay& said) {
  const Recognised what = recognise(file);
  const Family* family = nullptr;
  OpenedModel opened;
  try {
    family = family_of(what, said, file.source().name());
    if (family == nullptr) return not_a_checkpoint(file, what);
    opened.model.family = family;
    opened.model.settings = read_settings(file);
    apply(said, opened.model.settings);
    opened.model.latent = family->latent;
    choose_preset(opened.model, file.source().name());
    opened.model.latent.scale = opened.model.settings.latent_scale.value_or(family->latent.scale);
    opened.model.prediction = prediction_of(opened.model.settings, *family, file.source().name());
    if (opened.model.prediction == Prediction::edm) {
      take_edm_training(file, opened.model);
    } else if (opened.model.settings.zero_terminal_snr) {
      opened.model.noise = opened.model.noise.with_zero_terminal_snr();
    }
    family->build(file, opened.model, opened.report);
  } catch (...) {
    return with_context(current_error(), file.source().name());
  }
  note_unexpected(file, opened.report);
  std::erase_if(opened.report.unexpected, tells_of_training);
  const std::string problem =
      family->id == what.family ? opened.report.problem() : misfit(file, opened.model, opened.report);
  if (!problem.empty()) return bad_tensors(what, *family, problem, file.source().name());
  return opened;
}

}  // namespace pxf
