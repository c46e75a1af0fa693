// Held against what PyTorch and A1111 drew (golden rng/).
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "base/rng/generator.h"
#include "base/rng/torch_cuda.h"
#include "golden_files.h"

namespace pxf::test {
namespace {

std::vector<float> draw(Generator& generator, std::size_t count) {
  std::vector<float> out(count);
  generator.randn(out);
  return out;
}

void append(std::vector<float>& all, const std::vector<float>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

TEST(RngGolden, TorchCpuDrawsWhatPyTorchDraws) {
  if (!golden_has("rng/rng.json")) GTEST_SKIP();
  const GoldenArrays golden("rng/rng.safetensors");
  const auto about = golden_json("rng/rng.json");
  double worst = 0;
  for (const auto& c : about["torch_cpu"]["cases"]) {
    const std::string key = c["key"];
    SCOPED_TRACE(key);
    const auto generator = make_generator(GeneratorKind::torch_cpu, c["seed"].get<std::uint64_t>());
    std::vector<float> got;
    if (c.contains("size")) {
      got = draw(*generator, c["size"]);
    } else if (c.contains("one_generator_sizes")) {
      for (const std::size_t size : c["one_generator_sizes"]) append(got, draw(*generator, size));
    } else {  // a latent, of which the file holds both ends
      std::size_t size = 1;
      for (const std::size_t extent : c["shape"]) size *= extent;
      const auto all = draw(*generator, size);
      got.assign(all.begin(), all.begin() + 48);
      got.insert(got.end(), all.end() - 48, all.end());
    }
    const double difference = worst_difference(got, golden.values(key));
    EXPECT_LE(difference, 2e-6);
    worst = std::max(worst, difference);
  }
  RecordProperty("worst_difference", fmt::format("{}", worst));
}

TEST(RngGolden, TorchCudaDrawsWhatACudaDeviceDraws) {
  if (!golden_has("rng/rng.json")) GTEST_SKIP();
  const GoldenArrays golden("rng/rng.safetensors");
  std::map<std::uint64_t, std::unique_ptr<Generator>>
      generators;  // a seed's cases are the calls of one generator, in order
  const auto about = golden_json("rng/rng.json");
  for (const auto& c : about["philox"]["cases"]) {
    const std::string key = c["key"];
    const auto seed = c["seed"].get<std::uint64_t>();
    if (c["call"] == 0) generators[seed] = make_generator(GeneratorKind::torch_cuda, seed);
    EXPECT_LE(worst_difference(draw(*generators.at(seed), c["size"]), golden.values(key)), 1e-6) << key;
  }
}

// Twelve values that A1111 printed on a real card: torch.manual_seed(0); torch.randn(3, 4, device="cuda").
TEST(RngGolden, TorchCudaAgreesWithARealDevice) {
  const std::vector<float> device{-0.92466259f, -0.42534415f, -2.6438457f,  0.14518388f,  -0.12086647f, -0.57972564f,
                                  -0.62285122f, -0.32838709f, -1.07454231f, -0.36314407f, -1.67105067f, 2.26550497f};
  const auto generator = make_generator(GeneratorKind::torch_cuda, 0);
  EXPECT_LE(worst_difference(draw(*generator, device.size()), device), 1e-7);
}

TEST(Rng, PhiloxGivesItsAuthorsKnownAnswers) {
  if (!golden_has("rng/rng.json")) GTEST_SKIP();
  const auto about = golden_json("rng/rng.json");
  for (const auto& c : about["philox"]["known_answers"]) {
    std::array<std::uint32_t, 4> want;
    std::istringstream words(c["out"].get<std::string>());
    for (auto& word : want) words >> std::hex >> word;
    EXPECT_EQ(philox4x32(c["counter"], c["key"]), want);
  }
}

TEST(Rng, AskingForNothingChangesNothing) {
  const auto with = make_generator(GeneratorKind::torch_cpu, 7);
  const auto without = make_generator(GeneratorKind::torch_cpu, 7);
  draw(*with, 0);
  EXPECT_EQ(draw(*with, 40), draw(*without, 40));
}

}  // namespace
}  // namespace pxf::test
