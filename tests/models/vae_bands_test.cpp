// The autoencoder in bands of rows: the bytes of the whole, from less memory.
#include <gtest/gtest.h>

#include "backends/backends.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "golden_files.h"
#include "models/family.h"
#include "support.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Autoencoder> starter_vae() {
  const fs::path path = fs::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors";
  return value_or_throw(open_autoencoder(Catalog(value_or_throw(open_safetensors(path)))));
}

Tensor waves(Context& ctx, const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(0.37f * static_cast<float>(i % 9973));
  return ctx.from(values, shape);
}

std::vector<float> values_of(const Tensor& x) {
  const auto span = x.span<float>();
  return {span.begin(), span.end()};
}

constexpr std::int64_t kThin = 1;  // bands as thin as they come

TEST(VaeBands, GiveTheBytesOfTheWhole) {
  const auto vae = starter_vae();
  std::vector<float> decoded, mean;
  for (const int threads : {1, 3}) {
    test::Computer on("cpu", threads);
    const Tensor latent = waves(on.ctx, {1, 21, 32, 4});
    const std::vector<float> got = values_of(vae->decode_in_bands(latent, kThin));
    if (decoded.empty()) decoded = values_of(vae->decode(latent));
    EXPECT_TRUE(got == decoded) << threads << " threads";
    const Tensor picture = waves(on.ctx, {1, 168, 256, 3});
    const std::vector<float> got_mean = values_of(vae->encode_in_bands(picture, kThin).mean);
    if (mean.empty()) mean = values_of(vae->encode(picture).mean);
    EXPECT_TRUE(got_mean == mean) << threads << " threads";
  }
}

TEST(VaeBands, TheReferenceBackendAgrees) {
  const auto vae = starter_vae();
  test::Computer on("reference");
  const Tensor latent = waves(on.ctx, {1, 5, 3, 4});
  EXPECT_TRUE(values_of(vae->decode_in_bands(latent, kThin)) == values_of(vae->decode(latent)));
}

TEST(VaeBands, TakeLessMemoryAndNoMoreThanTheySay) {
  const auto vae = starter_vae();
  constexpr std::int64_t kSide = 32, kBand = 1 << 17;
  const auto taken = [&](auto&& decode) {
    test::Computer on("cpu");
    decode(waves(on.ctx, {1, 8, 8, 4}));  // packs the weights
    on.memory.trim();
    const std::size_t before = on.memory.held();
    decode(waves(on.ctx, {1, kSide, kSide, 4}));
    return on.memory.peak() - before;
  };
  const std::size_t whole = taken([&](const Tensor& latent) { vae->decode(latent); });
  const std::size_t bands = taken([&](const Tensor& latent) { vae->decode_in_bands(latent, kBand); });
  EXPECT_LT(bands, whole * 2 / 3);
  const std::uint64_t said = vae->working_bytes_in_bands(kSide, kSide, kBand);
  EXPECT_LE(bands, said + kKernelWorkingBytes);
  EXPECT_GE(bands, said / 3);
  EXPECT_LT(said, vae->working_bytes(1, kSide, kSide));
}

}  // namespace
}  // namespace pxf
