#include "weights/adapters/factor_names.h"

#include <array>
#include <utility>

namespace pxf {
namespace {

// Ending, factor. None is the end of another.
constexpr std::array<std::pair<std::string_view, std::string_view>, 55> kEndings{{
    // LoRA: kohya, PEFT and diffusers, diffusers before 0.20, diffusers' attention processors, Mochi, transformers,
    // PEFT
    {".lora_up.weight", "lora_up"},
    {".lora_down.weight", "lora_down"},
    {".lora_B.weight", "lora_up"},
    {".lora_A.weight", "lora_down"},
    {"_lora.up.weight", "lora_up"},
    {"_lora.down.weight", "lora_down"},
    {".lora.up.weight", "lora_up"},
    {".lora.down.weight", "lora_down"},
    {".lora_B", "lora_up"},
    {".lora_A", "lora_down"},
    {".lora_linear_layer.up.weight", "lora_up"},
    {".lora_linear_layer.down.weight", "lora_down"},
    {".lora_B.default.weight", "lora_up"},
    {".lora_A.default.weight", "lora_down"},
    {".lora_mid.weight", "lora_mid"},
    {".alpha", "alpha"},
    {".dora_scale", "dora_scale"},
    {".lora_magnitude_vector", "magnitude"},
    {".lora_magnitude_vector.weight", "magnitude"},
    {".lora_magnitude_vector.default.weight", "magnitude"},
    // LoHa, LoKr
    {".hada_w1_a", "hada_w1_a"},
    {".hada_w1_b", "hada_w1_b"},
    {".hada_w2_a", "hada_w2_a"},
    {".hada_w2_b", "hada_w2_b"},
    {".hada_t1", "hada_t1"},
    {".hada_t2", "hada_t2"},
    {".lokr_w1", "lokr_w1"},
    {".lokr_w1_a", "lokr_w1_a"},
    {".lokr_w1_b", "lokr_w1_b"},
    {".lokr_w2", "lokr_w2"},
    {".lokr_w2_a", "lokr_w2_a"},
    {".lokr_w2_b", "lokr_w2_b"},
    {".lokr_t2", "lokr_t2"},
    // OFT, BOFT
    {".oft_blocks", "oft_blocks"},
    {".rescale", "rescale"},
    {".oft_R.weight", "oft_R"},
    {".oft_R.default.weight", "oft_R"},
    {".oft_R", "oft_R"},
    {".boft_R", "boft_R"},
    {".boft_s", "boft_s"},
    {".boft_R.default", "boft_R"},
    {".boft_s.default", "boft_s"},
    // GLoRA
    {".a1.weight", "a1"},
    {".a2.weight", "a2"},
    {".b1.weight", "b1"},
    {".b2.weight", "b2"},
    {".bm.weight", "bm"},
    // IA3
    {".on_input", "on_input"},
    {".ia3_l", "ia3_l"},
    {".ia3_l.default", "ia3_l"},
    // Whole differences and replacements
    {".diff", "diff"},
    {".diff_b", "diff_b"},
    {".w_norm", "diff"},
    {".b_norm", "diff_b"},
    {".set_weight", "set_weight"},
}};

}  // namespace

std::optional<FactorName> split_factor_name(std::string_view tensor) {
  for (const auto& [ending, factor] : kEndings) {
    if (tensor.size() > ending.size() && tensor.ends_with(ending)) {
      return FactorName{tensor.substr(0, tensor.size() - ending.size()), factor};
    }
  }
  return std::nullopt;
}

}  // namespace pxf
