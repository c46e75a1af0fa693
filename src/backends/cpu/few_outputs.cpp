// 3x3 convolutions to a few channels, as at the end of a decoder or a UNet. Three columns would fill a tenth of a panel
// of 32; the nine kernel positions side by side fill it: every pixel is multiplied once by all of them, and each result
// is the sum of nine such numbers.
#include <algorithm>
#include <vector>

#include "backends/backends.h"
#include "backends/cpu/cpu.h"
#include "backends/cpu/kernels.h"
#include "backends/cpu/panels.h"
#include "ops/conv2d.h"

namespace pxf {
namespace {

constexpr std::int64_t kTaps = 9;
constexpr std::int64_t kFewestInputs = 32;

// The kernel (Cout, Cin, 3, 3) as a matrix of Cin rows and a column for each position and output channel.
struct TapPanels : Panels {
  explicit TapPanels(Panels panels) : Panels(std::move(panels)) {}
};

const TapPanels& tap_panels(Context& ctx, const Weight& weight) {
  return weight.packed<TapPanels>([&] {
    const std::int64_t out = weight.shape().dim(0), in = weight.shape().dim(1);
    std::vector<float> kernel(static_cast<std::size_t>(weight.shape().numel())), columns(kernel.size());
    weight.read_f32(0, kernel);
    for (std::int64_t o = 0; o < out; ++o) {
      for (std::int64_t c = 0; c < in; ++c) {
        for (std::int64_t tap = 0; tap < kTaps; ++tap) {
          columns[static_cast<std::size_t>((tap * out + o) * in + c)] =
              kernel[static_cast<std::size_t>((o * in + c) * kTaps + tap)];
        }
      }
    }
    return TapPanels(panels_of(ctx, Weight::of(columns, {kTaps * out, in})));
  });
}

std::int64_t row_bytes(const Conv2dDesc& d) {
  return d.src.dim(2) * kTaps * d.out() * static_cast<std::int64_t>(sizeof(float));
}

Refusal accepts(const Conv2dDesc& d) {
  if (d.kernel_h() != 3 || d.kernel_w() != 3 || d.params.stride != 1) return "needs 3x3 kernels and stride 1";
  if (d.params.pad_before != 1 || d.params.pad_after != 1) return "needs a padding of 1";
  if (d.in() < kFewestInputs) return "too few input channels";
  if (d.out() * 4 > tile_kernels().columns) return "its output channels fill panels well enough";
  return 3 * row_bytes(d) > static_cast<std::int64_t>(kKernelWorkingBytes) ? Refusal("a picture that wide") : kAccepted;
}

// Rows [first, last) of one picture's result from the products of its rows [from, ...).
void add_up(Context& ctx, const Conv2dDesc& d, const float* products, std::int64_t from, std::int64_t picture,
            std::int64_t first, std::int64_t last) {
  const std::int64_t height = d.src.dim(1), width = d.src.dim(2), out = d.out();
  std::vector<float> bias(static_cast<std::size_t>(out));
  if (d.bias != nullptr) std::ranges::copy(d.bias->f32(), bias.begin());
  float* dst = d.dst.f32() + picture * height * width * out;
  ctx.threads().parallel_for(last - first, [&](std::int64_t task) {
    const std::int64_t y = first + task;
    for (std::int64_t x = 0; x < width; ++x) {
      float* to = dst + (y * width + x) * out;
      std::ranges::copy(bias, to);
      for (std::int64_t tap = 0; tap < kTaps; ++tap) {
        const std::int64_t at_y = y + tap / 3 - 1, at_x = x + tap % 3 - 1;
        if (at_y < 0 || at_y >= height || at_x < 0 || at_x >= width) continue;
        const float* product = products + (((at_y - from) * width + at_x) * kTaps + tap) * out;
        for (std::int64_t o = 0; o < out; ++o) to[o] += product[o];
      }
    }
  });
}

void run_conv2d(Context& ctx, const Conv2dDesc& d) {
  const TapPanels& panels = tap_panels(ctx, d.weight);
  const std::int64_t height = d.src.dim(1), width = d.src.dim(2), in = d.in();
  const std::int64_t room = static_cast<std::int64_t>(kKernelWorkingBytes) / row_bytes(d);  // rows, two of them shared
  const std::int64_t band = std::min(height, room - 2);
  Tensor products = ctx.empty({std::min(height, band + 2) * width, kTaps * d.out()});
  for (std::int64_t picture = 0; picture < d.src.dim(0); ++picture) {
    const float* src = d.src.f32() + picture * height * width * in;
    for (std::int64_t first = 0; first < height; first += band) {
      const std::int64_t last = std::min(height, first + band);
      const std::int64_t from = std::max<std::int64_t>(0, first - 1), to = std::min(height, last + 1);
      const auto locate = [&](std::int64_t row, const float** at, std::int64_t) {
        *at = src + (from * width + row) * in;
      };
      multiply_panels(ctx, {(to - from) * width, d.weight, panels, nullptr, products.f32(), locate});
      add_up(ctx, d, products.f32(), from, picture, first, last);
    }
  }
}

}  // namespace

void add_cpu_few_outputs(Backend& backend) { backend.add<Conv2dDesc>({"few outputs", accepts, run_conv2d}); }

}  // namespace pxf
