// The parts of each family against the field's reference implementations, on every backend. Takes every folder of
// families/ whose checkpoint an engine here runs; what a case is follows from the names of its inputs.
#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "golden_files.h"
#include "models/family.h"
#include "ops/arrange.h"
#include "ops/elementwise.h"
#include "sampling/guidance.h"
#include "sampling/prediction.h"
#include "sampling/samplers.h"
#include "sampling/schedulers.h"
#include "support.h"

namespace pxf {
namespace {

using test::Computer;
using test::expect_close;
using test::GoldenArrays;

const std::filesystem::path kAlterations =
    std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/models/files/alterations.safetensors";

const std::filesystem::path kShortcuts =
    std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/models/files/shortcuts.safetensors";

/// The first 8 x 8 places of (B, C, H, W), as (B, 8, 8, C).
Tensor first_places(const Tensor& x) {
  const Tensor all = channels_last(x);
  Tensor out = x.context().empty({all.dim(0), 8, 8, all.dim(3)});
  const std::int64_t row = 8 * all.dim(3), wide = all.dim(2) * all.dim(3), picture = all.dim(1) * wide;
  for (std::int64_t i = 0; i < all.dim(0) * 8; ++i) {
    std::copy_n(all.f32() + i / 8 * picture + i % 8 * wide, row, out.f32() + i * row);
  }
  return out;
}

struct Folder {
  std::filesystem::path path;
  std::string backend;
};

std::vector<Folder> folders() {
  std::vector<Folder> out;
  for (const auto& entry : std::filesystem::directory_iterator(test::golden_folder() / "families")) {
    auto source = open_safetensors(entry.path() / "checkpoint.safetensors");
    if (!source || !open_model(Catalog(std::move(source).value()))) continue;
    for (const Backend* backend : all_backends()) out.push_back({entry.path(), backend->name});
  }
  return out;
}

class GoldenFamilies : public testing::TestWithParam<Folder> {
 protected:
  void SetUp() override {
    const Folder& folder = GetParam();
    opened_ =
        value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(folder.path / "checkpoint.safetensors")))));
    std::ifstream(folder.path / "case.json") >> about_;
  }

  // Runs `check(case name, tolerance)` for the cases that have all of these tensors, and counts them.
  int for_cases(std::initializer_list<const char*> needed,
                const std::function<void(const std::string&, double)>& check) {
    int count = 0;
    for (const auto& one : about_["cases"]) {
      const std::string name = one["name"];
      const auto has = [&](const char* tensor) { return cases_.has(name + "/" + tensor); };
      if (!std::all_of(needed.begin(), needed.end(), has)) continue;
      SCOPED_TRACE(name);
      check(name, one.value("tolerance", 1e-4));
      ++count;
    }
    return count;
  }
  const nlohmann::json& about(const std::string& name) const {
    return *std::ranges::find(about_["cases"], name,
                              [](const auto& one) { return one["name"].template get<std::string>(); });
  }
  Tensor input(const std::string& name, const char* tensor) { return cases_.tensor(on_.ctx, name + "/in/" + tensor); }
  std::vector<float> want(const std::string& name, const std::string& tensor) {
    return cases_.f32(name + "/out/" + tensor);
  }

  /// Of the tokens `ids`, and `ids`_2 of a second encoder.
  Conditioning condition(const std::string& name, const std::string& ids, int clip_skip, const SizeConditioning& size) {
    std::vector<TextEncoder::Output> texts;
    for (const auto& encoder : opened_.model.texts) {
      const std::string of_second = texts.empty() ? "" : "_2";
      texts.push_back(encoder->encode({cases_.ids(on_.ctx, name + "/in/" + ids + of_second)}, clip_skip));
    }
    return opened_.model.family->condition(texts, size);
  }

  /// The vector of a conditioning whose pooled row is zero.
  static Tensor zero_pooled(const Tensor& vector) {
    constexpr std::int64_t kWaves = 6 * 256;
    const std::int64_t pooled = vector.dim(1) - kWaves;
    return concat_channels(channel_range(vector, 0, pooled) * 0.0, channel_range(vector, pooled, vector.dim(1)));
  }

  Computer on_{GetParam().backend};
  GoldenArrays cases_{"families/" + GetParam().path.filename().string() + "/cases.safetensors"};
  OpenedModel opened_;
  nlohmann::json about_;
};

TEST_P(GoldenFamilies, Network) {
  const int count =
      for_cases({"in/sample", "in/timestep", "in/context"}, [&](const std::string& name, double tolerance) {
        const std::vector<float> t = cases_.f32(name + "/in/timestep");
        Conditioning cond{input(name, "context")};
        if (cases_.has(name + "/in/y")) cond.vector = input(name, "y");
        const Tensor out = opened_.model.network->predict(channels_last(input(name, "sample")),
                                                          std::vector<double>(t.begin(), t.end()), cond);
        expect_close(channels_first(out).span<float>(), want(name, "prediction"), tolerance);
      });
  EXPECT_GT(count, 0);
}

// PAG, SEG, skipped blocks and FreeU as diffusers has them (files/make_alterations.py); of two rows the second is
// perturbed.
TEST_P(GoldenFamilies, AlteredNetwork) {
  const std::string family = GetParam().path.filename().string();
  if (family != "sd1" && family != "sdxl") return;
  const auto source = value_or_throw(open_safetensors(kAlterations));
  const std::vector<std::string> blocks = opened_.model.network->transformer_blocks();
  const auto expect = [&](const std::string& name, const Alterations& how) {
    const std::vector<float> t = cases_.f32("unet/in/timestep");
    Conditioning cond{input("unet", "context")};
    if (cases_.has("unet/in/y")) cond.vector = input("unet", "y");
    const Tensor x = first_places(input("unet", "sample"));
    const Tensor got = opened_.model.network->predict(x, std::vector<double>(t.begin(), t.end()), cond, how);
    std::vector<float> want(static_cast<std::size_t>(got.numel()));
    widen_to_f32(source->bytes(family + "/" + name), DType::f32, want);
    SCOPED_TRACE(name);
    expect_close(channels_first(got).span<float>(), want, 1e-4);
  };
  const auto expect_perturbed = [&](const std::string& name, Perturbation how) {
    for (const std::string& block : blocks) {
      how.blocks.push_back(block == "mid.0" || block == (family == "sd1" ? "output.3.0" : "output.1.1"));
    }
    const std::array<const Perturbation*, 2> rows{nullptr, &how};
    expect(name, {.perturbed = rows});
  };
  expect_perturbed("pag", {.kind = Perturbation::Kind::identity_attention});
  expect_perturbed("seg_inf", {.kind = Perturbation::Kind::blurred_queries});
  expect_perturbed("seg_0.7", {.kind = Perturbation::Kind::blurred_queries, .blur_sigma = 0.7});
  expect_perturbed("slg", {.kind = Perturbation::Kind::skipped});
  for (const auto& [name, version] : {std::pair{"freeu_1", FreeUVersion::v1},
                                      {"freeu_2", FreeUVersion::v2},
                                      {"freeu_diffusers", FreeUVersion::diffusers}}) {
    const FreeU freeu{.version = version};
    expect(name, {.freeu = &freeu});
  }
}

// Merged places and deep features of the step before, as their authors' programs have them (files/make_shortcuts.py).
TEST_P(GoldenFamilies, NetworkWithShortcuts) {
  const std::string family = GetParam().path.filename().string();
  if (family != "sd1" && family != "sdxl") return;
  const auto source = value_or_throw(open_safetensors(kShortcuts));
  const std::vector<float> t = cases_.f32("unet/in/timestep");
  Conditioning cond{input("unet", "context")};
  if (cases_.has("unet/in/y")) cond.vector = input("unet", "y");
  const Network& network = *opened_.model.network;
  const auto predict = [&](double share, const Alterations& how) {
    std::vector<double> times;
    for (const float one : t) times.push_back(one * share);
    return network.predict(channels_last(input("unet", "sample")) * share, times, cond, how);
  };
  const auto expect = [&](const std::string& name, const Tensor& got) {
    std::vector<float> want(static_cast<std::size_t>(got.numel()));
    widen_to_f32(source->bytes(family + "/" + name), DType::f32, want);
    SCOPED_TRACE(name);
    expect_close(channels_first(got).span<float>(), want, 1e-4);
  };
  for (const auto& [name, ratio] : {std::pair{"tome_0.5", 0.5}, {"tome_0.3", 0.3}}) {
    const TokenMerging merging{.ratio = ratio};
    expect(name, predict(1, {.merging = &merging}));
  }
  for (int depth = 1; depth < network.layers(); ++depth) {
    DeepFeatures kept{.depth = depth};
    const Tensor first = predict(1, {.deep = &kept});
    expect_close(channels_first(first).span<float>(), want("unet", "prediction"), 1e-4);
    expect("deep_" + std::to_string(depth), predict(0.5, {.deep = &kept}));
  }
}

TEST_P(GoldenFamilies, TextEncoder) {
  for_cases({"in/ids", "out/last"}, [&](const std::string& name, double tolerance) {
    const Tensor ids = cases_.ids(on_.ctx, name + "/in/ids");
    const TextEncoder& text = *opened_.model.texts.at(0);
    const TextEncoder::Output last = text.encode({ids}, 1);
    expect_close(std::as_const(last.features).span<float>(), want(name, "last"), tolerance);
    expect_close(std::as_const(last.pooled).span<float>(), want(name, "pooled"), tolerance);
    const TextEncoder::Output skipped = text.encode({ids}, 2);
    expect_close(std::as_const(skipped.features).span<float>(), want(name, "skip2"), tolerance);
  });
  for_cases({"in/ids", "out/penultimate"}, [&](const std::string& name, double tolerance) {
    const auto out = opened_.model.texts.at(0)->encode({cases_.ids(on_.ctx, name + "/in/ids")}, 2);
    expect_close(std::as_const(out.features).span<float>(), want(name, "penultimate"), tolerance);
  });
}

// What an embedding of that very row of the table does: also to the pooled row, which is that of the end token.
TEST_P(GoldenFamilies, VectorsInPlaceOfTokensReadAsTheTokens) {
  for_cases({"in/ids"}, [&](const std::string& name, double) {
    const TextEncoder& text = *opened_.model.texts.at(0);
    std::vector<std::int32_t> ids = cases_.i32(name + "/in/ids");
    const Shape shape = cases_.shape(name + "/in/ids");
    const TextEncoder::Output want = text.encode({on_.ctx.from(ids, shape)}, 1);

    const Declaration& table = text.declarations().front();
    ASSERT_TRUE(table.name.ends_with("token_embedding.weight"));
    std::vector<float> vectors(static_cast<std::size_t>(2 * text.width()));
    for (std::size_t i = 0; i < 2; ++i) {  // the second and third place of the first row
      const auto row = std::span(vectors).subspan(i * vectors.size() / 2, vectors.size() / 2);
      table.weight->read_f32(ids[i + 1] * text.width(), row);
      ids[i + 1] = static_cast<std::int32_t>(text.vocabulary()) + static_cast<std::int32_t>(i);
    }
    const Tensor given = on_.ctx.from(vectors, {2, text.width()});
    const TextEncoder::Output got = text.encode({on_.ctx.from(ids, shape), given}, 1);
    EXPECT_TRUE(std::ranges::equal(got.features.span<float>(), want.features.span<float>()));
    ASSERT_EQ(got.pooled.defined(), want.pooled.defined());
    if (got.pooled.defined()) {
      EXPECT_TRUE(std::ranges::equal(got.pooled.span<float>(), want.pooled.span<float>()));
    }
  });
}

// SDXL's text encoders, and what the network gets from them and from the size conditioning.
TEST_P(GoldenFamilies, Conditioning) {
  for_cases({"in/ids", "out/time_ids", "out/context"}, [&](const std::string& name, double tolerance) {
    const std::vector<float> n = cases_.f32(name + "/out/time_ids");
    SizeConditioning size{n[0], n[1], n[2], n[3]};
    if (n.size() == 5) {
      size.aesthetic_score = n[4];
    } else {
      size.target_height = n[4];
      size.target_width = n[5];
    }
    const Conditioning cond = condition(name, "ids", opened_.model.family->text.clip_skip, size);
    expect_close(std::as_const(cond.context).span<float>(), want(name, "context"), tolerance);
    expect_close(std::as_const(cond.vector).span<float>(), want(name, "y"), tolerance);
  });
}

TEST_P(GoldenFamilies, AutoencoderDecodes) {
  for_cases({"in/latent", "out/image"}, [&](const std::string& name, double tolerance) {
    const Tensor out = opened_.model.autoencoder->decode(channels_last(input(name, "latent")));
    expect_close(channels_first(out).span<float>(), want(name, "image"), tolerance);
  });
}

TEST_P(GoldenFamilies, AutoencoderEncodes) {
  for_cases({"in/image", "out/mean"}, [&](const std::string& name, double tolerance) {
    const Autoencoder::Moments out = opened_.model.autoencoder->encode(channels_last(input(name, "image")));
    expect_close(channels_first(out.mean).span<float>(), want(name, "mean"), tolerance);
    expect_close(channels_first(out.logvar).span<float>(), want(name, "logvar"), tolerance);
  });
}

// From token ids to the last latent, with guidance, by Euler steps.
TEST_P(GoldenFamilies, Loop) {
  const NoiseSchedule schedule = NoiseSchedule::scaled_linear();
  const Model& model = opened_.model;
  for_cases({"in/noise", "in/ids", "in/negative_ids", "out/latent_0"}, [&](const std::string& name, double tolerance) {
    const nlohmann::json& about_it = about(name);
    const int usual = model.family->text.clip_skip;
    SizeConditioning size;
    if (about_it.contains("size_conditioning")) {
      const std::vector<double> n = about_it["size_conditioning"];
      size = {n[0], n[1], n[2], n[3], n[4], n[5]};
    }
    // diffusers' pipeline applies clip skip to the prompt alone.
    const Conditioning cond = condition(name, "ids", std::max(usual, about_it.value("clip_skip_a1111", 1)), size);
    Conditioning uncond = condition(name, "negative_ids", usual, size);
    if (name.ends_with("zero_negative")) {
      uncond.context = uncond.context * 0.0;
      uncond.vector = zero_pooled(uncond.vector);
    }
    const Prediction prediction =
        about_it.value("prediction_type", "") == "v_prediction" ? Prediction::v : model.prediction;
    const double scale = about(name)["guidance_scale"];
    const Sigmas sigmas = make_sigmas(*value_or_throw(find_scheduler("normal")), schedule, about(name)["steps"]);
    expect_close(std::vector<float>(sigmas.begin(), sigmas.end()), want(name, "sigmas"), 1e-5);

    const Denoise denoise = [&](const Tensor& x, double sigma) {
      const std::array t{schedule.timestep_of(sigma)};
      const Tensor in = x * input_scale(prediction, sigma);
      const Tensor out = cfg(model.network->predict(in, t, cond), model.network->predict(in, t, uncond), scale);
      return denoised_from(prediction, out, x, sigma);
    };
    const auto on_step = [&](int step, const Tensor& x, const Tensor&) {
      expect_close(channels_first(x).span<float>(), want(name, "latent_" + std::to_string(step)), tolerance);
    };
    const Tensor latent = sample_euler(denoise, channels_last(input(name, "noise")) * sigmas[0], sigmas, {}, on_step);
    if (!cases_.has(name + "/out/image")) return;
    const Tensor picture = model.autoencoder->decode(latent * (1 / model.latent.scale));
    // The reference clamps to 0 ... 1.
    std::vector<float> got;
    for (const float v : channels_first(picture).span<float>()) got.push_back(std::clamp(v / 2 + 0.5f, 0.0f, 1.0f));
    expect_close(got, want(name, "image"), tolerance);
  });
}

INSTANTIATE_TEST_SUITE_P(All, GoldenFamilies, testing::ValuesIn(folders()), [](const auto& folder) {
  std::string name = folder.param.path.filename().string() + "_" + folder.param.backend;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace pxf
