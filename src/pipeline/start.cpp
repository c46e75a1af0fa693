#include "pipeline/start.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "image/resize.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "pipeline/memory.h"

namespace pxf {
namespace {

/// One number a pixel, rows from the top.
struct Plane {
  int width = 0, height = 0;
  std::vector<float> values;

  float& at(int x, int y) {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
  float at(int x, int y) const { return const_cast<Plane*>(this)->at(x, y); }
};

/// 0 to 1, by the mean of the colours.
Plane brightness(const Image& image) {
  Plane out{image.width, image.height, {}};
  out.values.reserve(image.pixels.size() / 3);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    out.values.push_back(static_cast<float>(image.pixels[i] + image.pixels[i + 1] + image.pixels[i + 2]) / 765.0f);
  }
  return out;
}

/// Along rows; the edge's value goes on beyond it.
Plane blurred_rows(const Plane& plane, const std::vector<float>& kernel) {
  const int radius = static_cast<int>(kernel.size() / 2);
  Plane out = plane;
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) {
      float sum = 0;
      for (int k = -radius; k <= radius; ++k) {
        sum += kernel[static_cast<std::size_t>(k + radius)] * plane.at(std::clamp(x + k, 0, plane.width - 1), y);
      }
      out.at(x, y) = sum;
    }
  }
  return out;
}

Plane turned(const Plane& plane) {
  Plane out{plane.height, plane.width, std::vector<float>(plane.values.size())};
  for (int y = 0; y < plane.height; ++y) {
    for (int x = 0; x < plane.width; ++x) out.at(y, x) = plane.at(x, y);
  }
  return out;
}

/// By a Gaussian of this standard deviation in pixels.
Plane blurred(const Plane& plane, int sigma) {
  if (sigma == 0) return plane;
  const int radius = 2 * sigma;
  std::vector<float> kernel;
  for (int k = -radius; k <= radius; ++k) {
    kernel.push_back(std::exp(-0.5f * static_cast<float>(k * k) / static_cast<float>(sigma * sigma)));
  }
  float sum = 0;
  for (const float k : kernel) sum += k;
  for (float& k : kernel) k /= sum;
  return turned(blurred_rows(turned(blurred_rows(plane, kernel)), kernel));
}

/// The mean of each factor x factor pixels.
Plane shrunk(const Plane& plane, int factor) {
  Plane out{plane.width / factor, plane.height / factor, {}};
  out.values.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height), 0);
  const float share = 1.0f / static_cast<float>(factor * factor);
  for (int y = 0; y < out.height * factor; ++y) {
    for (int x = 0; x < out.width * factor; ++x) out.at(x / factor, y / factor) += share * plane.at(x, y);
  }
  return out;
}

/// (1, h, w, channels), the same number in each channel.
Tensor as_tensor(Context& ctx, const Plane& plane, std::int64_t channels) {
  Tensor out = ctx.empty({1, plane.height, plane.width, channels});
  std::span<float> values = out.span<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = plane.values[i / static_cast<std::size_t>(channels)];
  return out;
}

/// (1, height, width, 3) of -1 to 1; grey wherever `hidden` is above one half.
Tensor as_tensor(Context& ctx, const Image& image, const Plane* hidden) {
  Tensor out = ctx.empty({1, image.height, image.width, 3});
  std::span<float> values = out.span<float>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_hidden = hidden != nullptr && hidden->values[i / 3] > 0.5f;
    values[i] = is_hidden ? 0.0f : static_cast<float>(image.pixels[i]) / 127.5f - 1;
  }
  return out;
}

Image grey(int width, int height) {
  Image out{width, height, {}};
  out.pixels.assign(out.byte_count(), 128);
  return out;
}

// The pictures of one request at the result's size, and what the autoencoder makes of them.
class Encoder {
 public:
  Encoder(Context& ctx, const Model& model, bool in_bands) : ctx_(ctx), model_(model), in_bands_(in_bands) {}

  /// The posterior's mean, in the autoencoder's own scale.
  Tensor mean(const Image& image, const Plane* hidden = nullptr) const {
    const Tensor picture = as_tensor(ctx_, image, hidden);
    return (in_bands_ ? model_.autoencoder->encode_in_bands(picture, kVaeBand) : model_.autoencoder->encode(picture))
        .mean;
  }
  Tensor latent(const Image& image, const Plane* hidden = nullptr) const {
    return (mean(image, hidden) + -model_.latent.shift) * model_.latent.scale;
  }

 private:
  Context& ctx_;
  const Model& model_;
  bool in_bands_;
};

/// Inpainting: the mask, to the nearest, and the picture without what lies under it. Without a mask all is hidden.
Tensor beside_of_inpainting(Context& ctx, const Encoder& encode, const Image& picture, const Plane& mask, int factor) {
  Plane places = shrunk(mask, factor);
  for (float& v : places.values) v = v > 0.5f ? 1.0f : 0.0f;
  return concat_channels(as_tensor(ctx, places, 1), encode.latent(picture, &mask));
}

}  // namespace

Start start_of(Context& ctx, const Model& model, const Request& request, const Plan& plan) {
  Start out;
  const Encoder encode(ctx, model, plan.vae_tiling);
  const int factor = static_cast<int>(model.latent.factor);
  if (request.init) out.picture = filled(*request.init, plan.width, plan.height);
  if (model.family->follows_picture) {
    out.beside.with_picture = encode.mean(out.picture);
    out.beside.without_picture = out.beside.with_picture * 0.0;
    return out;
  }
  std::optional<Plane> mask;
  if (request.mask) {
    mask = brightness(filled(*request.mask, plan.width, plan.height));
    const Plane soft = blurred(*mask, request.mask_blur);
    out.mask = as_tensor(ctx, shrunk(soft, factor), model.latent.channels);
    out.soft_mask = soft.values;
  }
  if (request.init) {
    out.latent = encode.latent(out.picture);
    if (request.mask && request.mask_fill == MaskFill::noise) out.latent = out.latent - out.latent * out.mask;
  }
  if (model.family->extra_channels > 0) {
    Plane all{plan.width, plan.height, {}};
    all.values.assign(static_cast<std::size_t>(plan.width) * static_cast<std::size_t>(plan.height), 1);
    const Image picture = request.init ? out.picture : grey(plan.width, plan.height);
    out.beside.with_picture = beside_of_inpainting(ctx, encode, picture, mask ? *mask : all, factor);
  }
  return out;
}

Image kept_outside_mask(Image made, const Start& start) {
  for (std::size_t i = 0; i < start.soft_mask.size() * 3; ++i) {
    const float m = start.soft_mask[i / 3];
    const float mixed = m * static_cast<float>(made.pixels[i]) + (1 - m) * static_cast<float>(start.picture.pixels[i]);
    made.pixels[i] = static_cast<std::uint8_t>(std::lround(mixed));
  }
  return made;
}

}  // namespace pxf
