// The starter checkpoint from prompt to picture against its training code (PyTorch): the whole path, number by number.
#include <array>
#include <nlohmann/json.hpp>

#include "golden_files.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "pipeline/conditioning.h"
#include "pipeline/starter.h"
#include "sampling/guidance.h"
#include "sampling/prediction.h"
#include "sampling/samplers.h"
#include "sampling/schedulers.h"
#include "support.h"
#include "text/token_chunks.h"

namespace pxf {
namespace {

using test::Computer;
using test::expect_close;
using test::GoldenArrays;

class GoldenStarter : public testing::Test {
 protected:
  GoldenStarter() {
    const auto file = MappedFile::of_static(embedded_checkpoints()[0].bytes, "starter");
    opened_ = value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(file)))));
    const auto prompts = nlohmann::json::parse(golden_.source().metadata().at("prompts"));
    for (std::size_t i = 0; i < prompts.size(); ++i) prompts_.emplace_back(fmt::format("prompt{}.", i), prompts[i]);
  }
  const Model& model() const { return opened_.model; }
  // (C, H, W) of the file as (1, H, W, C).
  Tensor picture(const std::string& name) {
    const Shape s = golden_.shape(name);
    return channels_last(golden_.tensor(on_.ctx, name).reshape({1, s.dim(0), s.dim(1), s.dim(2)}));
  }
  Tensor context(const std::string& name) {
    const Shape s = golden_.shape(name);
    return golden_.tensor(on_.ctx, name).reshape({1, s.dim(0), s.dim(1)});
  }
  void expect_picture(const Tensor& got, const std::string& name) {
    SCOPED_TRACE(name);
    expect_close(channels_first(got).span<float>(), golden_.f32(name), 1e-3);
  }

  Computer on_{"cpu"};
  GoldenArrays golden_{"starter/golden.safetensors"};
  OpenedModel opened_;
  Prompts encode(const std::string& prompt) {
    Request request;
    request.prompt = prompt;
    Plan plan;
    plan.steps = 20;
    return encode_prompts(on_.ctx, model(), ClipTokenizer(), prompt, request, plan);
  }

  std::vector<std::pair<std::string, std::string>> prompts_;  // "prompt0." and its text
};

TEST_F(GoldenStarter, TokenIdsAreEqual) {
  const ClipTokenizer tokenizer;
  for (const auto& [key, text] : prompts_) {
    EXPECT_EQ(chunks(tokenizer.encode(text)).at(0), golden_.i32(key + "token_ids"));
  }
  EXPECT_EQ(chunks(tokenizer.encode("")).at(0), golden_.i32("uncond.token_ids"));
}

TEST_F(GoldenStarter, TextFeatures) {
  for (const auto& [key, text] : prompts_) {
    const Prompts got = encode(text);
    expect_close(std::as_const(got.positive[0].at(1).context).span<float>(), golden_.f32(key + "context"), 1e-3);
    expect_close(std::as_const(got.negative.at(1).context).span<float>(), golden_.f32("uncond.context"), 1e-3);
  }
}

TEST_F(GoldenStarter, FirstNetworkOutput) {
  const double t = golden_.f32("timesteps").front();
  for (const auto& [key, text] : prompts_) {
    const Tensor x = picture(key + "unet_input0");
    expect_picture(model().network->predict(x, std::array{t}, {context(key + "context")}), key + "unet_cond0");
    expect_picture(model().network->predict(x, std::array{t}, {context("uncond.context")}), key + "unet_uncond0");
  }
}

TEST_F(GoldenStarter, EulerTrajectoryAndPicture) {
  const NoiseSchedule noise = NoiseSchedule::scaled_linear();
  const Sigmas sigmas = make_sigmas(*value_or_throw(find_scheduler("normal")), noise, 20);
  const std::vector<float> want_sigmas = golden_.f32("sigmas");
  ASSERT_EQ(sigmas.size(), want_sigmas.size());
  for (std::size_t i = 0; i < sigmas.size(); ++i) EXPECT_NEAR(sigmas[i], want_sigmas[i], 1e-4 * want_sigmas[i] + 1e-9);

  for (const auto& [key, text] : prompts_) {
    SCOPED_TRACE(text);
    const Prompts prompts = encode(text);
    const Denoise denoise = [&](const Tensor& x, double sigma) {
      const std::array t{noise.timestep_of(sigma)};
      const Tensor in = x * input_scale(model().prediction, sigma);
      const Tensor out = cfg(model().network->predict(in, t, prompts.positive[0].at(1)),
                             model().network->predict(in, t, prompts.negative.at(1)), 4);
      return denoised_from(model().prediction, out, x, sigma);
    };
    const std::vector<float> want = golden_.f32(key + "latents");
    const std::size_t size = want.size() / 20;
    const Tensor latent = sample_euler(
        denoise, picture(key + "noise") * sigmas[0], sigmas, {}, [&](int step, const Tensor& x, const Tensor&) {
          SCOPED_TRACE(step);
          expect_close(channels_first(x).span<float>(),
                       std::span(want).subspan(static_cast<std::size_t>(step) * size, size), 1e-3);
        });
    expect_picture(latent, key + "final_latent");
    expect_picture(model().autoencoder->decode(latent * (1 / model().latent.scale)), key + "picture");
  }
}

// Rolled along both axes, what leaves at one edge coming in at the other.
Tensor rolled(const Tensor& x, std::int64_t rows, std::int64_t columns) {
  Tensor out = x.context().empty(x.shape());
  const std::int64_t h = x.dim(1), w = x.dim(2), c = x.dim(3);
  for (std::int64_t i = 0; i < h * w; ++i) {
    const std::int64_t to = (i / w + rows) % h * w + (i % w + columns) % w;
    std::copy_n(x.f32() + i * c, c, out.f32() + to * c);
  }
  return out;
}

TEST_F(GoldenStarter, WithWrappingTheDecoderHasNoEdges) {
  on_.ctx.set_wrap({true, true});
  const auto decode = [&](const Tensor& latent) { return model().autoencoder->decode(latent); };
  const Tensor latent = picture("prompt0.final_latent");
  const std::int64_t factor = model().latent.factor;
  const Tensor want = rolled(decode(latent), 3 * factor, 5 * factor), got = decode(rolled(latent, 3, 5));
  expect_close(got.span<float>(), std::as_const(want).span<float>(), 1e-4);
}

TEST_F(GoldenStarter, AutoencoderBothWays) {
  const Autoencoder::Moments moments = model().autoencoder->encode(picture("vae.image"));
  expect_picture(moments.mean, "vae.mean");
  expect_picture(moments.logvar, "vae.logvar");
  expect_picture(model().autoencoder->decode(moments.mean), "vae.reconstruction");
}

}  // namespace
}  // namespace pxf
