#include "weights/recognise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pxf {
namespace {

// A tensor that one family has and none of those tested before it.
struct Mark {
  const char* tensor;
  const char* family;
  const char* title;
};

// Names under "model.diffusion_model." or bare. Order matters: Chroma and FLUX.2 have FLUX.1's names too, Z-Image has
// Lumina 2's.
constexpr std::array kTransformers{
    Mark{"distilled_guidance_layer.in_proj.bias", "chroma", "Chroma"},
    Mark{"single_stream_modulation.lin.weight", "flux2", "FLUX.2"},
    Mark{"double_blocks.0.img_attn.norm.key_norm.scale", "flux1", "FLUX.1"},
    Mark{"joint_blocks.0.context_block.adaLN_modulation.1.bias", "sd3", "SD 3"},
    Mark{"transformer_blocks.0.img_mod.1.weight", "qwen-image", "Qwen-Image"},
    Mark{"layers.0.adaLN_modulation.0.weight", "z-image", "Z-Image"},
    Mark{"cap_embedder.0.weight", "lumina2", "Lumina 2"},
    Mark{"double_layers.0.attn.w1q.weight", "auraflow", "AuraFlow"},
    Mark{"double_stream_blocks.0.block.adaLN_modulation.1.bias", "hidream", "HiDream"},
    Mark{"head.modulation", "wan", "Wan"},
    Mark{"patchify_proj.weight", "ltx", "LTX"},
};

struct KindMark {
  const char* beginning;
  FileKind kind;
};
constexpr std::array kKinds{
    KindMark{"control_model.input_hint_block.", FileKind::controlnet},
    KindMark{"input_hint_block.", FileKind::controlnet},
    KindMark{"emb_params", FileKind::embedding},
    KindMark{"string_to_param", FileKind::embedding},
    KindMark{"model.1.sub.0.RDB1.", FileKind::upscaler},
    KindMark{"body.0.rdb1.", FileKind::upscaler},
    KindMark{"RRDB_trunk.0.RDB1.", FileKind::upscaler},
};

// Endings that only adapters have: LoRA as kohya, PEFT and diffusers write it, LoHa, LoKr, DoRA.
constexpr std::array kAdapterEndings{".lora_down.weight",
                                     ".lora_up.weight",
                                     ".lora_A.weight",
                                     ".lora_B.weight",
                                     ".hada_w1_a",
                                     ".lokr_w1",
                                     ".lokr_w1_a",
                                     ".dora_scale",
                                     "_lora.up.weight",
                                     ".lora.up.weight",
                                     ".lora_linear_layer.up.weight",
                                     ".lora_A",
                                     ".lora_A.default.weight",
                                     ".oft_blocks",
                                     ".oft_R.weight",
                                     ".boft_R",
                                     ".ia3_l",
                                     ".on_input",
                                     ".a1.weight",
                                     ".w_norm",
                                     ".diff",
                                     ".diff_b",
                                     ".set_weight"};

struct UnetFamily {
  const char* family;
  const char* title;
  std::string reason;
};

UnetFamily unet_family(const Catalog& net) {
  if (const auto extra = net.dim("label_emb.0.0.weight", 1)) {
    const bool refiner = *extra == 2560;
    return {refiner ? "sdxl-refiner" : "sdxl", refiner ? "SDXL refiner" : "SDXL",
            fmt::format("label_emb takes {} numbers", *extra)};
  }
  // The width of the text features; some levels have no attention, so the first that has one tells.
  for (const std::string_view name : net.names()) {
    if (!name.ends_with("proj_in.weight")) continue;
    if (net.shape(name).rank() == 2) return {"sd2", "SD 2.x", "proj_in is a matrix"};
    break;
  }
  const std::int64_t in = net.dim("input_blocks.0.0.weight", 1).value_or(4);
  const std::string reason = fmt::format("input_blocks.0 takes {} channels, proj_in is a convolution", in);
  if (in == 9) return {"sd1-inpaint", "SD 1.x inpainting", reason};
  if (in == 8) return {"sd1-pix2pix", "SD 1.x pix2pix", reason};
  return {"sd1", "SD 1.x", reason};
}

}  // namespace

std::string_view to_string(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::checkpoint: return "checkpoint";
    case FileKind::network: return "UNet or transformer alone";
    case FileKind::lora: return "LoRA";
    case FileKind::vae: return "VAE";
    case FileKind::text_encoder: return "text encoder";
    case FileKind::embedding: return "textual inversion embedding";
    case FileKind::controlnet: return "ControlNet";
    case FileKind::upscaler: return "upscaler";
    case FileKind::unknown: return "unknown";
  }
  return "unknown";
}

Recognised recognise(const Catalog& file) {
  Recognised out;
  const std::vector<std::string_view> names = file.names();
  for (const std::string_view name : names) {
    const auto ending = std::ranges::find_if(kAdapterEndings, [&](const char* e) { return name.ends_with(e); });
    if (ending == kAdapterEndings.end()) continue;
    out.kind = FileKind::lora;
    out.reasons.push_back(fmt::format("names end in {}", *ending));
    return out;
  }
  for (const KindMark& mark : kKinds) {
    if (!file.has_any(mark.beginning)) continue;
    out.kind = mark.kind;
    out.reasons.push_back(fmt::format("has {}", mark.beginning));
    return out;
  }

  const bool whole = file.has_any("model.diffusion_model.");
  const Catalog net = whole ? file.under("model.diffusion_model") : file;
  for (const Mark& mark : kTransformers) {
    if (!net.has(mark.tensor)) continue;
    out.kind = whole ? FileKind::checkpoint : FileKind::network;
    out.family = mark.family;
    out.title = mark.title;
    out.reasons.push_back(fmt::format("has {}", mark.tensor));
    return out;
  }
  if (net.has("input_blocks.0.0.weight")) {
    const UnetFamily family = unet_family(net);
    out.kind = whole ? FileKind::checkpoint : FileKind::network;
    out.family = family.family;
    out.title = family.title;
    out.reasons.push_back(family.reason);
    return out;
  }
  for (const char* prefix : {"", "first_stage_model.", "vae."}) {
    if (!file.has_any(std::string(prefix) + "decoder.up.")) continue;
    out.kind = FileKind::vae;
    out.reasons.push_back(fmt::format("has {}decoder and no UNet", prefix));
    return out;
  }
  for (const char* prefix :
       {"text_model.encoder.layers.", "cond_stage_model.", "transformer.resblocks.", "encoder.block."}) {
    if (!file.has_any(prefix)) continue;
    out.kind = FileKind::text_encoder;
    out.reasons.push_back(fmt::format("has {} and no UNet", prefix));
    return out;
  }
  return out;
}

}  // namespace pxf
