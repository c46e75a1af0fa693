// TAESD against diffusers' AutoencoderTiny. files/make_taesd.py wrote the weights and the cases.
#include "models/vae/tiny.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "formats/safetensors.h"
#include "golden_files.h"
#include "models/family.h"
#include "support.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path file(const char* name) { return fs::path(PIXELFORGE_SOURCE_DIR) / "tests/models/files" / name; }

class TinyVae : public testing::TestWithParam<const char*> {
 protected:
  /// (1, C, H, W) there, channels last here.
  Tensor given(const char* name) {
    const Weight weight = Catalog(cases_).weight(name);
    std::vector<float> values(static_cast<std::size_t>(weight.shape().numel()));
    weight.read_f32(0, values);
    return channels_last(on_.ctx.from(values, weight.shape()));
  }
  void expect_as_diffusers(const Autoencoder& vae) {
    test::expect_close(vae.decode(given("latent")).span<float>(), std::as_const(*this).wanted("decoded"), 1e-4);
    if (!vae.has_encoder()) return;
    test::expect_close(vae.encode(given("picture")).mean.span<float>(), wanted("encoded"), 1e-4);
  }
  std::vector<float> wanted(const char* name) const {
    const Tensor tensor = const_cast<TinyVae*>(this)->given(name);
    return {tensor.span<float>().begin(), tensor.span<float>().end()};
  }

  test::Computer on_{GetParam()};
  std::shared_ptr<const TensorSource> cases_ = value_or_throw(open_safetensors(file("taesd_cases.safetensors")));
};

/// The decoder alone, in TAESD's own names: those of diffusers, one layer further.
Catalog own_names() {
  const auto source = value_or_throw(open_safetensors(file("taesd.safetensors")));
  std::vector<std::string> names;
  std::vector<const TensorInfo*> infos;
  for (const TensorInfo& info : source->tensors()) {
    const std::string begin = "decoder.layers.";
    if (!info.name.starts_with(begin)) continue;
    const std::string rest = info.name.substr(begin.size());
    const auto dot = rest.find('.');
    names.push_back(std::to_string(std::stoi(rest.substr(0, dot)) + 1) + rest.substr(dot));
    infos.push_back(&info);
  }
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < names.size(); ++i) {
    views.push_back({names[i], infos[i]->dtype, infos[i]->shape, source->bytes(infos[i]->name)});
  }
  const fs::path path = fs::path(testing::TempDir()) / "taesd_decoder.safetensors";
  value_or_throw(write_safetensors(path, views));
  return Catalog(value_or_throw(open_safetensors(path)));
}

TEST_P(TinyVae, IsThatOfDiffusers) {
  const auto vae =
      value_or_throw(open_autoencoder(Catalog(value_or_throw(open_safetensors(file("taesd.safetensors"))))));
  EXPECT_TRUE(vae->has_encoder());
  EXPECT_EQ(vae->latent_channels(), 4);
  expect_as_diffusers(*vae);
}

TEST_P(TinyVae, ReadsItsOwnNamesToo) {
  const auto vae = value_or_throw(open_autoencoder(own_names()));
  EXPECT_FALSE(vae->has_encoder());
  expect_as_diffusers(*vae);
}

INSTANTIATE_TEST_SUITE_P(, TinyVae, testing::Values("cpu", "reference"),
                         [](const auto& p) { return std::string(p.param); });

}  // namespace
}  // namespace pxf
