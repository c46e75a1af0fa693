// What tells one family of models from another, answered once. Code outside models/ reads these fields and never asks
// which family it has before it. docs/adding-a-model.md says how to add one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/parts.h"
#include "pixelforge/error.h"
#include "sampling/prediction.h"
#include "sampling/sigmas.h"
#include "weights/binding.h"
#include "weights/catalog.h"
#include "weights/settings.h"

namespace pxf {

/// What colours latents show, about: colour = sum over channels of latent * factor, plus bias; -1 to 1.
struct LatentColours {
  std::vector<std::array<double, 3>> factors;  // red, green, blue of each channel; empty: not known
  std::array<double, 3> bias{};
};

/// latent = (the autoencoder's mean - shift) * scale; each latent place stands for factor x factor pixels. With what is
/// known of each channel: latent = (mean - its mean) / its deviation * scale.
struct LatentSpace {
  std::int64_t channels = 4;
  std::int64_t factor = 8;
  double scale = 1;
  double shift = 0;
  LatentColours colours = {};                                       // of the family's published autoencoder
  std::vector<double> channel_means = {}, channel_deviations = {};  // both or neither
};

/// What the autoencoder gives, as the network was trained on it, and back.
Tensor latent_from(const LatentSpace& space, Tensor mean);
Tensor mean_from(const LatentSpace& space, Tensor latent);

/// How a family's prompts become conditioning.
struct TextLayout {
  std::int64_t chunk = 77;           // tokens of a chunk, begin and end included
  int clip_skip = 1;                 // the layer from the end that the family was trained on; a request may skip more
  bool zero_empty_negative = false;  // no negative prompt: zeros, not the features of an empty one
};

struct Preset {
  std::string sampler, scheduler;
  int steps = 20;
  double cfg_scale = 7;
  int width = 512, height = 512;
};

/// How checkpoints of a family are trained that predict as Karras et al. 2022 have it.
struct EdmTraining {
  double sigma_data = 0.5, sigma_min = 0.002, sigma_max = 80;
  double latent_scale = 0.5;
  // Of latents, where the file does not say: of the published checkpoint.
  std::vector<double> channel_means, channel_deviations;
  Preset preset;
};

/// As what diffusers opens checkpoints of a family.
struct DiffusersClass {
  std::string_view pipeline = {};  // "StableDiffusionPipeline"; empty: none is known here
  std::int64_t heads = 0;          // of the UNet's attention, unless each is so wide:
  std::int64_t head_width = 0;
};

struct Family;

/// A checkpoint's parts, bound to the file's weights. Parts that the file lacks are null.
struct Model {
  const Family* family = nullptr;
  Settings settings;
  LatentSpace latent;
  Prediction prediction = Prediction::eps;
  double sigma_data = 1;  // the latents' standard deviation in training
  NoiseSchedule noise = NoiseSchedule::scaled_linear();
  Preset preset;            // where the file recommends nothing
  std::string preset_from;  // "the family", "its name: Lightning"
  std::unique_ptr<Network> network;
  /// What takes its place once a share of a run's steps is done: LoRAs may begin late or end early.
  struct LaterNetwork {
    double from = 0;
    std::unique_ptr<Network> network;
  };
  std::vector<LaterNetwork> later;                  // in the order of `from`, which lies between 0 and 1
  std::shared_ptr<Autoencoder> autoencoder;         // models of one checkpoint under different LoRAs share it
  std::vector<std::unique_ptr<TextEncoder>> texts;  // all that the family has, or none

  const Network& network_at(double share_done) const;
  /// Of every part that is there.
  std::vector<const Declarations*> declarations() const;
};

struct Family {
  std::string_view id;     // as recognise() calls it
  std::string_view title;  // for people
  LatentSpace latent;
  Prediction prediction = Prediction::eps;  // where the file does not say
  TextLayout text;
  Preset preset;  // of its checkpoints that are not distilled
  DiffusersClass diffusers = {};
  std::optional<EdmTraining> edm = {};  // none: no such checkpoints are known
  // Of the network's input beyond the noisy latent: an inpainting mask and the picture without what lies under it, or
  // the picture that pix2pix is to change.
  std::int64_t extra_channels = 0;
  bool follows_picture = false;  // pix2pix: guided by the picture too, which is not where sampling begins

  /// Finds the parts in the file and binds them; throws Failure(bad_file) when sizes cannot be read.
  void (*build)(const Catalog& file, Model& model, LoadReport& report) = nullptr;
  /// What the network is given, from the outputs of Model::texts in their order, of the same rows.
  Conditioning (*condition)(std::span<const TextEncoder::Output> texts, const SizeConditioning& size) = nullptr;
};

/// The only list.
std::span<const Family> families();
/// Null when no engine here runs it.
const Family* find_family(std::string_view id);

struct OpenedModel {
  Model model;
  LoadReport report;
};

/// What others say of a checkpoint than its file. Empty: nothing.
struct Hearsay {
  std::string family = {};                     // an id, in place of what the tensors say
  std::string prediction = {};                 // "eps" or "v", in place of what the metadata say
  std::string prediction_beside = {};          // the same, where the metadata say nothing
  std::optional<bool> zero_terminal_snr = {};  // in place of what the file says

  bool operator==(const Hearsay&) const = default;
};

/// Recognises the file and binds its parts; reads no weights. Errors: unsupported (what the file is, and what it is
/// not, also where a family is said that its tensors are not of), bad_file (missing tensors or wrong shapes, named). A
/// part that is wholly absent is no error here.
Result<OpenedModel> open_model(const Catalog& file, const Hearsay& said = {});

/// The VAE of a file that holds nothing else, or of a checkpoint; reads no weights.
/// Errors: unsupported (there is none), bad_file (missing tensors or wrong shapes, named).
Result<std::unique_ptr<Autoencoder>> open_autoencoder(const Catalog& file);

}  // namespace pxf
