#include "base/error.h"
#include "models/vae/vae.h"

namespace pxf::vae {
namespace {

std::int64_t width_of(const Catalog& names, const std::string& block, std::int64_t otherwise) {
  for (const char* tensor : {"conv2.weight", "conv1.weight", "norm2.weight"}) {
    if (const auto width = names.dim(block + tensor, 0)) return *width;
  }
  return otherwise;
}

HalfLayout read_half(const Catalog& names, const char* way, const char* resample, bool from_full) {
  HalfLayout out;
  out.first = names.dim("conv_in.weight", 0).value_or(128);
  out.channels = names.dim("conv_out.weight", 0).value_or(3);
  const std::int64_t levels = names.count(way);
  out.levels.resize(static_cast<std::size_t>(levels));
  std::int64_t width = out.first;
  for (std::int64_t step = 0; step < levels; ++step) {
    const std::int64_t i = from_full ? step : levels - 1 - step;
    const std::string level = fmt::format("{}.{}.", way, i);
    HalfLayout::Level& to = out.levels[static_cast<std::size_t>(i)];
    for (std::int64_t k = 0; k < names.count(level + "block"); ++k) {
      width = width_of(names, fmt::format("{}block.{}.", level, k), width);
      to.widths.push_back(width);
    }
    to.resample = names.has_any(level + resample);
  }
  out.middle = from_full ? width : out.first;
  return out;
}

}  // namespace

Layout read_layout(const Catalog& names, std::int64_t groups) {
  Layout out;
  out.groups = groups;
  out.quant = names.has_any("post_quant_conv.") || names.has_any("quant_conv.");
  if (!names.has_any("decoder.up.")) {
    throw Failure(Error{ErrorCode::bad_file,
                        fmt::format("has no VAE decoder (tensors \"{}decoder...\")", names.prefix()),
                        names.source().name()});
  }
  out.decoder = read_half(names.under("decoder"), "up", "upsample.", false);
  out.latent_channels = names.dim("decoder.conv_in.weight", 1).value_or(4);
  if (names.has_any("encoder.down.")) out.encoder = read_half(names.under("encoder"), "down", "downsample.", true);

  const auto check = [&](std::int64_t width) {
    if (width % groups == 0) return;
    throw Failure(Error{ErrorCode::bad_file,
                        fmt::format("VAE: a width of {} does not divide into {} norm groups", width, groups),
                        names.source().name()});
  };
  for (const HalfLayout* half : {out.encoder ? &*out.encoder : &out.decoder, &out.decoder}) {
    check(half->first);
    for (const HalfLayout::Level& level : half->levels) {
      for (const std::int64_t width : level.widths) check(width);
    }
  }
  return out;
}

}  // namespace pxf::vae
