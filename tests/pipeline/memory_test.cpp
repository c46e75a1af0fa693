// The estimates that a request is refused by must hold: above what is taken, and not far above.
#include "pipeline/memory.h"

#include <gtest/gtest.h>

#include <array>

#include "backends/backends.h"
#include "base/file.h"
#include "formats/safetensors.h"
#include "ops/context.h"
#include "pipeline/starter.h"
#include "support.h"

namespace pxf {
namespace {

TEST(Memory, EstimatesHoldForTheStarter) {
  const auto file = MappedFile::of_static(embedded_checkpoints()[0].bytes, "starter");
  const OpenedModel opened = value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(file)))));
  const Model& model = opened.model;
  for (const auto& size : {std::array{16, 16}, std::array{32, 32}, std::array{16, 48}}) {
    const int height = size[0], width = size[1];
    SCOPED_TRACE(testing::Message() << height << " x " << width);
    test::Computer on("cpu");
    const Conditioning cond{on.ctx.full({2, 77, model.network->context_width()}, 0.1)};
    const auto held_by = [&](const std::function<void()>& work) {
      work();  // packs the weights
      on.memory.trim();
      const std::size_t before = on.memory.held();
      work();
      return static_cast<double>(on.memory.held() - before);
    };
    const double network = held_by([&] {
      model.network->predict(on.ctx.full({2, height, width, 4}, 0.5), std::array{500.0, 500.0}, cond);
    });
    const auto network_estimate = static_cast<double>(model.network->working_bytes(2, height, width));
    EXPECT_LE(network, network_estimate + kKernelWorkingBytes);
    EXPECT_GE(network, network_estimate / 4);
    const double decoder = held_by([&] { model.autoencoder->decode(on.ctx.full({1, height, width, 4}, 0.5)); });
    const auto decoder_estimate = static_cast<double>(model.autoencoder->working_bytes(1, height, width));
    EXPECT_LE(decoder, decoder_estimate + kKernelWorkingBytes);
    EXPECT_GE(decoder, decoder_estimate / 4);
  }
}

TEST(Memory, AWholePictureStaysWithinItsEstimate) {
  const auto file = MappedFile::of_static(embedded_checkpoints()[0].bytes, "starter");
  const OpenedModel opened = value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(file)))));
  test::Computer on("cpu");
  const Conditioning cond{on.ctx.full({2, 77, opened.model.network->context_width()}, 0.1)};
  opened.model.network->predict(on.ctx.full({2, 32, 32, 4}, 0.5), std::array{500.0, 500.0}, cond);
  opened.model.autoencoder->decode(on.ctx.full({1, 32, 32, 4}, 0.5));
  const std::uint64_t estimate = memory_for(opened.model, 256, 256, 2);
  EXPECT_LE(on.memory.held(), estimate);
  EXPECT_GE(on.memory.held(), estimate / 2);
}

TEST(Memory, WeightsBeyondALimitArePackedForEachUseWithTheSameResult) {
  const auto file = MappedFile::of_static(embedded_checkpoints()[0].bytes, "starter");
  const OpenedModel opened = value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(file)))));
  const Network& network = *opened.model.network;
  test::Computer on("cpu");
  const Conditioning cond{on.ctx.full({2, 77, network.context_width()}, 0.1)};
  const auto predicted = [&] {
    const Tensor out = network.predict(on.ctx.full({2, 8, 8, 4}, 0.5), std::array{500.0, 500.0}, cond);
    return std::vector<float>(out.span<float>().begin(), out.span<float>().end());
  };
  const auto packed = [&] {
    std::vector<bool> out;
    for (const Declaration& d : network.declarations()) out.push_back(d.weight->form_bytes() > 0);
    return out;
  };
  const std::vector<float> whole = predicted();
  const std::size_t limit = on.memory.lasting() / 2;
  for (const Declaration& d : network.declarations()) d.weight->forget_forms();
  on.ctx.limit_weights(limit);
  EXPECT_EQ(predicted(), whole);
  EXPECT_LE(on.memory.lasting(), limit);
  EXPECT_GT(on.memory.lasting(), limit * 3 / 4);
  const std::vector<bool> stays = packed();
  EXPECT_EQ(predicted(), whole);
  EXPECT_EQ(packed(), stays) << "what was packed first was given up for what came later";
}

TEST(Memory, APictureIsDrawnTheFirstWayThatFits) {
  const auto file = MappedFile::of_static(embedded_checkpoints()[0].bytes, "starter");
  const OpenedModel opened = value_or_throw(open_model(Catalog(value_or_throw(open_safetensors(file)))));
  const MemoryNeeds needs{.model = opened.model, .width = 512, .height = 512, .batch = 2, .for_good = false};
  const MemoryPlan whole = plan_memory(needs, std::uint64_t{1} << 40);
  EXPECT_FALSE(whole.in_turn || whole.vae_in_bands);
  const MemoryPlan parts = plan_memory(needs, whole.bytes - 1);
  EXPECT_TRUE(parts.in_turn && !parts.vae_in_bands && parts.network == 0);
  const MemoryPlan bands = plan_memory(needs, parts.bytes - 1);
  EXPECT_TRUE(bands.in_turn && bands.vae_in_bands && bands.network == 0);
  const MemoryPlan streamed = plan_memory(needs, bands.bytes - 1);
  EXPECT_TRUE(streamed.network > 0 || streamed.vae > 0);
  EXPECT_LE(streamed.bytes, bands.bytes - 1);
  EXPECT_GT(plan_memory(needs, std::uint64_t{1} << 20).bytes, std::uint64_t{1} << 20);
}

TEST(Memory, AvailableMemoryIsSomeAndNotMoreThanThereIs) {
  const MemoryState state = read_memory_state();
  EXPECT_GT(state.available, 0u);
  EXPECT_LE(state.available, state.total);
}

}  // namespace
}  // namespace pxf
