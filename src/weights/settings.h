// What a checkpoint says of itself in its metadata: facts that no shape tells, recommendations, licence.
// Keys: ModelSpec 1.0.1 ("modelspec.*") and our own ("pixelforge.*", docs/formats/metadata.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weights/catalog.h"

namespace pxf {

/// The linear map from a scaled latent to the mean colour of its pixels, 0 to 1: rgb = latent matrix + bias.
struct LatentRgb {
  std::array<std::array<float, 3>, 4> matrix;
  std::array<float, 3> bias;

  bool operator==(const LatentRgb&) const = default;
};

struct Settings {
  std::optional<std::int64_t> group_norm_groups;
  std::optional<std::int64_t> unet_heads;
  std::optional<std::int64_t> text_heads;
  std::optional<double> latent_scale;
  std::vector<double> latent_means, latent_deviations;  // of each channel; empty: not said
  std::string prediction_type;                          // "v", "epsilon", "edm" or empty
  bool zero_terminal_snr = false;                       // trained to start from noise alone
  std::optional<LatentRgb> latent_rgb;

  std::string title, license, author, description, tags;

  // Recommended by whoever made the file; empty where it says nothing.
  std::string sampler, scheduler, negative;
  std::optional<int> steps, width, height, clip_skip;
  std::optional<double> cfg_scale;

  bool operator==(const Settings&) const = default;
};

/// Throws Failure(bad_file) naming the key when an entry that the numbers depend on cannot be used.
Settings read_settings(const Catalog& file);

}  // namespace pxf
