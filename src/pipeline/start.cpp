#include "pipeline/start.h"

#include <cmath>
#include <optional>
#include <utility>

#include "image/fill.h"
#include "image/resize.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "pipeline/memory.h"

namespace pxf {
namespace {

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
    return latent_from(model_.latent, mean(image, hidden));
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

/// What is drawn of the canvas, at the plan's size.
struct Drawn {
  Image picture;
  std::optional<Plane> mask, soft_mask;
};

Drawn all_of_canvas(const Canvas& canvas, const Request& request, const Plan& plan, Start& out) {
  Drawn drawn{filled(canvas.picture, plan.width, plan.height), {}, {}};
  if (!canvas.mask) return drawn;
  drawn.mask = brightness(filled(*canvas.mask, plan.width, plan.height));
  drawn.soft_mask = blurred(*drawn.mask, request.mask_blur);
  out.whole = drawn.picture;
  out.soft_mask = *drawn.soft_mask;
  out.region = {0, 0, plan.width, plan.height};
  return drawn;
}

Drawn masked_part_of(Canvas canvas, const Request& request, const Plan& plan, Start& out) {
  const Region region = in_shape_of(masked_region(request), {plan.width, plan.height}, canvas_size(request));
  const auto part = [&](const Image& image) {
    return resized(cut(image, region.x, region.y, region.width, region.height), plan.width, plan.height);
  };
  const double scale = static_cast<double>(plan.width) / region.width;
  Drawn drawn{part(canvas.picture), brightness(part(*canvas.mask)), {}};
  drawn.soft_mask = blurred(*drawn.mask, static_cast<int>(std::lround(request.mask_blur * scale)));
  out.soft_mask = blurred(brightness(*canvas.mask), request.mask_blur);
  out.whole = std::move(canvas.picture);
  out.region = region;
  return drawn;
}

}  // namespace

Start start_of(Context& ctx, const Model& model, const Request& request, const Plan& plan) {
  Start out;
  const Encoder encode(ctx, model, plan.vae_tiling);
  Drawn drawn;
  if (request.init && request.only_masked) {
    drawn = masked_part_of(canvas_of(request), request, plan, out);
  } else if (request.init) {
    drawn = all_of_canvas(canvas_of(request), request, plan, out);
  }
  if (model.family->follows_picture) {
    out.beside.with_picture = encode.mean(drawn.picture);
    out.beside.without_picture = out.beside.with_picture * 0.0;
    return out;
  }
  const int factor = static_cast<int>(model.latent.factor);
  if (drawn.soft_mask) out.mask = as_tensor(ctx, shrunk(*drawn.soft_mask, factor), model.latent.channels);
  if (request.init) {
    const bool fills = drawn.mask && request.mask_fill == MaskFill::fill;
    out.latent = encode.latent(fills ? filled_from_around(drawn.picture, drawn.mask->values) : drawn.picture);
  }
  if (model.family->extra_channels > 0) {
    const Image picture = request.init ? drawn.picture : grey(plan.width, plan.height);
    const Plane mask = drawn.mask.value_or(full_plane(plan.width, plan.height, 1));
    out.beside.with_picture = beside_of_inpainting(ctx, encode, picture, mask, factor);
  }
  return out;
}

Image kept_outside_mask(Image made, const Start& start) {
  if (start.soft_mask.values.empty()) return made;
  const Region& region = start.region;
  const Image part = resized(made, region.width, region.height);
  Image out = start.whole;
  for (int y = 0; y < region.height; ++y) {
    for (int x = 0; x < region.width; ++x) {
      const float m = start.soft_mask.at(region.x + x, region.y + y);
      const auto to = static_cast<std::size_t>(3 * ((region.y + y) * out.width + region.x + x));
      const auto from = static_cast<std::size_t>(3 * (y * region.width + x));
      for (std::size_t c = 0; c < 3; ++c) {
        const float mixed =
            m * static_cast<float>(part.pixels[from + c]) + (1 - m) * static_cast<float>(out.pixels[to + c]);
        out.pixels[to + c] = static_cast<std::uint8_t>(std::lround(mixed));
      }
    }
  }
  return out;
}

}  // namespace pxf
