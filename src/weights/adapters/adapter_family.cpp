#include "weights/adapters/adapter_family.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pxf {
namespace {

struct Mark {
  const char* part_of_a_target;
  const char* family;
  const char* title;
};
// Names that only one family's modules have. FLUX's come before SD 3's, whose blocks FLUX in diffusers also has.
constexpr std::array kMarks{
    Mark{"single_blocks", "flux1", "FLUX.1"},
    Mark{"double_blocks", "flux1", "FLUX.1"},
    Mark{"single_transformer_blocks", "flux1", "FLUX.1"},
    Mark{"joint_blocks", "sd3", "SD 3"},
    Mark{"add_k_proj", "sd3", "SD 3"},
    Mark{"img_mod", "qwen-image", "Qwen-Image"},
    Mark{"lora_te2", "sdxl", "SDXL"},
    Mark{"text_encoder_2", "sdxl", "SDXL"},
    Mark{"label_emb", "sdxl", "SDXL"},
    Mark{"add_embedding", "sdxl", "SDXL"},
};

struct Width {
  std::int64_t context;
  const char* family;
  const char* title;
};
constexpr std::array kWidths{Width{768, "sd1", "SD 1.x"}, Width{1024, "sd2", "SD 2.x"}, Width{2048, "sdxl", "SDXL"},
                             Width{1280, "sdxl-refiner", "SDXL refiner"}};

bool ends_in(std::string_view target, std::string_view dotted, std::string_view flat) {
  return target.ends_with(dotted) || target.ends_with(flat);
}

// Inputs of the module's weight where the factors tell: 0 otherwise.
std::int64_t inputs_of(const AdapterModule& m) {
  for (const char* factor : {"lora_down", "hada_w1_b", "diff", "set_weight"}) {
    if (m.has(factor) && m.factor(factor).shape().rank() >= 2) return m.factor(factor).shape().dim(1);
  }
  const Weight one = m.factor("lokr_w1"), two = m.factor("lokr_w2"), two_b = m.factor("lokr_w2_b");
  const Weight& second = two.defined() ? two : two_b;
  if (!one.defined() || !second.defined() || one.shape().rank() < 2 || second.shape().rank() < 2) return 0;
  return one.shape().dim(1) * second.shape().dim(1);
}

bool is_cross_attention(std::string_view target) {
  return ends_in(target, "attn2.to_k", "attn2_to_k") || ends_in(target, "attn2.to_v", "attn2_to_v");
}

// Levels of the UNet that have modules: SDXL has three, SD 1 and 2 have four.
bool has_fourth_level(const Adapter& adapter) {
  return std::ranges::any_of(adapter.modules, [](const AdapterModule& m) {
    return m.target.find("up_blocks_3") != std::string::npos || m.target.find("up_blocks.3") != std::string::npos ||
           m.target.find("output_blocks_11_") != std::string::npos ||
           m.target.find("output_blocks.11.") != std::string::npos;
  });
}

}  // namespace

AdapterFamily family_of(const Adapter& adapter) {
  for (const Mark& mark : kMarks) {
    for (const AdapterModule& m : adapter.modules) {
      if (m.target.find(mark.part_of_a_target) == std::string::npos) continue;
      return {mark.family, mark.title, fmt::format("has modules of {}", mark.part_of_a_target)};
    }
  }
  std::int64_t width = 0;
  for (const AdapterModule& m : adapter.modules) {
    if (width == 0 && is_cross_attention(m.target)) width = inputs_of(m);
  }
  for (const Width& known : kWidths) {
    if (width == known.context) return {known.family, known.title, fmt::format("attn2 takes a context {} wide", width)};
  }
  if (has_fourth_level(adapter)) {
    const std::string context = width == 0 ? "" : fmt::format(", attn2 takes a context {} wide", width);
    return {"sd1", "SD 1.x", "has modules of a fourth UNet level" + context};
  }
  return {};
}

}  // namespace pxf
