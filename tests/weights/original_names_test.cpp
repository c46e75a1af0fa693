// diffusers' names. diffusers_names/ has, for the goldens' checkpoints, what diffusers 0.42's own conversion calls each
// tensor: its name, a tab, the original name, and a tab with T (transposed) or 0, 1, 2 (a third of the rows) where it
// is not the whole.
#include "weights/original_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <sstream>

#include "base/error.h"
#include "files.h"
#include "formats/safetensors.h"

namespace pxf {
namespace {

struct Tensor {
  std::string name;
  DType dtype;
  Shape shape;
  std::vector<std::byte> bytes;
};

class Made final : public TensorSource {
 public:
  Made(std::vector<Tensor> tensors, Metadata metadata)
      : TensorSource("made", "diffusers folder", infos(tensors), std::move(metadata)), tensors_(std::move(tensors)) {}

 private:
  static std::vector<TensorInfo> infos(const std::vector<Tensor>& tensors) {
    std::vector<TensorInfo> out;
    for (const Tensor& one : tensors) out.push_back({one.name, one.dtype, one.shape});
    return out;
  }
  Bytes bytes_at(std::size_t index) const override { return tensors_[index].bytes; }
  void release_pages_at(std::size_t) const noexcept override {}

  std::vector<Tensor> tensors_;
};

std::vector<std::byte> transposed(Bytes from, std::size_t rows, std::size_t columns) {
  const std::size_t size = from.size() / (rows * columns);
  std::vector<std::byte> out(from.size());
  for (std::size_t i = 0; i < from.size() / size; ++i) {
    std::memcpy(out.data() + (i % columns * rows + i / columns) * size, from.data() + i * size, size);
  }
  return out;
}

// The original's tensor, as diffusers keeps it.
Tensor as_diffusers(const TensorSource& original, const std::string& name, const std::string& from,
                    const std::string& part) {
  const TensorInfo& info = *original.find(from);
  const Bytes bytes = original.bytes(from);
  if (part.empty()) return {name, info.dtype, info.shape, {bytes.begin(), bytes.end()}};
  if (part == "T") {
    const std::int64_t rows = info.shape.dim(0), columns = info.shape.dim(1);
    return {name,
            info.dtype,
            {columns, rows},
            transposed(bytes, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns))};
  }
  const Bytes third = bytes.subspan(bytes.size() / 3 * static_cast<std::size_t>(std::stoi(part)), bytes.size() / 3);
  return {name, info.dtype, info.shape.with(0, info.shape.dim(0) / 3), {third.begin(), third.end()}};
}

std::shared_ptr<const TensorSource> golden(const std::string& family) {
  return value_or_throw(open_safetensors(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/golden/families" /
                                         family / "checkpoint.safetensors"));
}

std::vector<Tensor> diffusers_tensors(const std::string& family) {
  const auto original = golden(family);
  std::istringstream pairs(test::content_of(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/weights" /
                                            "diffusers_names" / (family + ".txt")));
  std::vector<Tensor> out;
  for (std::string line; std::getline(pairs, line);) {
    std::istringstream words(line);
    std::string name, from, part;
    std::getline(words, name, '\t');
    std::getline(words, from, '\t');
    std::getline(words, part);
    out.push_back(as_diffusers(*original, name, from, part));
  }
  return out;
}

class OriginalNamesGolden : public testing::TestWithParam<const char*> {};

TEST_P(OriginalNamesGolden, TensorsComeBackAsTheyWere) {
  const auto original = golden(GetParam());
  std::vector<Tensor> tensors = diffusers_tensors(GetParam());
  ASSERT_GT(tensors.size(), 200u);
  std::ranges::reverse(tensors);  // v before q
  const auto back = with_original_names(std::make_shared<Made>(
      std::move(tensors), TensorSource::Metadata{{"text_encoder/config.json", GetParam() == std::string_view("sd2")
                                                                                  ? R"({"hidden_act": "gelu"})"
                                                                                  : R"({"hidden_act": "quick_gelu"})"},
                                                 {"text_encoder_2/config.json", R"({"hidden_act": "gelu"})"}}));
  for (const TensorInfo& info : back->tensors()) {
    const TensorInfo* want = original->find(info.name);
    ASSERT_NE(want, nullptr) << info.name;
    EXPECT_EQ(info.shape.numel(), want->shape.numel()) << info.name;
    EXPECT_TRUE(std::ranges::equal(back->bytes(info.name), original->bytes(info.name))) << info.name;
  }
  // All but what diffusers leaves out.
  EXPECT_LE(original->tensors().size() - back->tensors().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Families, OriginalNamesGolden, testing::Values("sd1", "sd2", "sdxl"));

TEST(OriginalNames, ConfigFilesBecomeTheSettingsOfTheEngine) {
  const auto source = with_original_names(std::make_shared<Made>(
      diffusers_tensors("sd1"),
      TensorSource::Metadata{
          {"scheduler/scheduler_config.json", R"({"prediction_type": "v_prediction", "rescale_betas_zero_snr": true})"},
          {"unet/config.json", R"({"norm_num_groups": 8, "attention_head_dim": 4})"},
          {"vae/config.json", R"({"scaling_factor": 0.5})"},
          {"text_encoder/config.json", "{broken"}}));
  const TensorSource::Metadata& said = source->metadata();
  EXPECT_EQ(said.at("modelspec.prediction_type"), "v");
  EXPECT_EQ(said.at("pixelforge.zero_terminal_snr"), "true");
  EXPECT_EQ(said.at("pixelforge.group_norm_groups"), "8");
  EXPECT_EQ(said.at("pixelforge.vae_scale_factor"), "0.5");
  EXPECT_EQ(said.at("pixelforge.attention_heads"), R"({"unet":4})");
}

TEST(OriginalNames, OtherSourcesStayAsTheyAre) {
  const auto checkpoint = golden("sd1");
  EXPECT_EQ(with_original_names(checkpoint), checkpoint);
  const auto lora = value_or_throw(
      open_safetensors(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/lora/neon.safetensors"));
  EXPECT_EQ(with_original_names(lora), lora);
}

TEST(OriginalNames, HalfOfAFusedTensorIsRefused) {
  std::vector<Tensor> tensors = diffusers_tensors("sd2");
  std::erase_if(tensors, [](const Tensor& t) { return t.name.find("layers.0.self_attn.v_proj.bias") != t.name.npos; });
  const auto source = std::make_shared<Made>(
      std::move(tensors), TensorSource::Metadata{{"text_encoder/config.json", R"({"hidden_act": "gelu"})"}});
  try {
    with_original_names(source);
    FAIL() << "no error";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.error().text(), testing::HasSubstr("layers.0.self_attn.q_proj.bias\": has no v beside it"));
  }
}

}  // namespace
}  // namespace pxf
