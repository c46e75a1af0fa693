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

TEST(Memory, AvailableMemoryIsSomeAndNotMoreThanThereIs) {
  const MemoryState state = read_memory_state();
  EXPECT_GT(state.available, 0u);
  EXPECT_LE(state.available, state.total);
}

}  // namespace
}  // namespace pxf
