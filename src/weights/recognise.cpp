#include "weights/recognise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "weights/textual_inversion.h"

namespace pxf {
namespace {

struct Family {
  std::string id, title, reason;
};

// A tensor that one family has and none of those tested before it.
struct Mark {
  const char* tensor;
  Family (*family)(const Catalog& net);
};

Family flux1(const Catalog& net) {
  const std::int64_t in = net.dim("img_in.weight", 1).value_or(64);
  if (in == 384) return {"flux1-fill", "FLUX.1 Fill", "img_in takes 384 numbers"};
  if (in == 128) return {"flux1-control", "FLUX.1 Canny or Depth", "img_in takes 128 numbers"};
  if (net.has("guidance_in.in_layer.weight")) return {"flux1-dev", "FLUX.1 dev or Kontext", "has guidance_in"};
  return {"flux1-schnell", "FLUX.1 schnell", "has no guidance_in"};
}

Family flux2(const Catalog& net) {
  if (net.has("guidance_in.in_layer.weight")) return {"flux2-dev", "FLUX.2 dev", "has guidance_in"};
  return {"flux2-klein", "FLUX.2 klein", "has no guidance_in"};
}

Family sd3(const Catalog& net) {
  if (!net.has("joint_blocks.0.x_block.attn.ln_q.weight")) return {"sd3", "SD 3", "queries are not normed"};
  if (net.has_any("joint_blocks.0.x_block.attn2.")) return {"sd35-medium", "SD 3.5 medium", "has x_block.attn2"};
  return {"sd35-large", "SD 3.5 large", fmt::format("queries are normed, {} blocks", net.count("joint_blocks"))};
}

Family chroma(const Catalog&) { return {"chroma", "Chroma", ""}; }
Family qwen_image(const Catalog&) { return {"qwen-image", "Qwen-Image", ""}; }
Family z_image(const Catalog&) { return {"z-image", "Z-Image", ""}; }
Family lumina2(const Catalog&) { return {"lumina2", "Lumina 2", ""}; }
Family auraflow(const Catalog&) { return {"auraflow", "AuraFlow", ""}; }
Family hidream(const Catalog&) { return {"hidream", "HiDream", ""}; }
Family wan(const Catalog&) { return {"wan", "Wan", ""}; }
Family ltx(const Catalog&) { return {"ltx", "LTX", ""}; }
Family hunyuan_dit(const Catalog&) { return {"hunyuan-dit", "Hunyuan-DiT", ""}; }

// PixArt and Sana share their block names; Sana's feed-forward layers are convolutions.
Family pixart_or_sana(const Catalog& net) {
  if (net.has_any("blocks.0.mlp.inverted_conv.")) return {"sana", "Sana", "feed-forward layers are convolutions"};
  const bool sigma = !net.has_any("csize_embedder.");
  return {"pixart", sigma ? "PixArt" : "PixArt-alpha", "has cross_attn.q_linear"};
}

// Names under "model.diffusion_model." or bare. Order matters: Chroma and FLUX.2 have FLUX.1's names too, Z-Image has
// Lumina 2's.
constexpr std::array kTransformers{
    Mark{"distilled_guidance_layer.in_proj.bias", chroma},
    Mark{"single_stream_modulation.lin.weight", flux2},
    Mark{"double_blocks.0.img_attn.norm.key_norm.scale", flux1},
    Mark{"joint_blocks.0.context_block.adaLN_modulation.1.bias", sd3},
    Mark{"transformer_blocks.0.img_mod.1.weight", qwen_image},
    Mark{"layers.0.adaLN_modulation.0.weight", z_image},
    Mark{"cap_embedder.0.weight", lumina2},
    Mark{"double_layers.0.attn.w1q.weight", auraflow},
    Mark{"double_stream_blocks.0.block.adaLN_modulation.1.bias", hidream},
    Mark{"head.modulation", wan},
    Mark{"patchify_proj.weight", ltx},
    Mark{"mlp_t5.0.weight", hunyuan_dit},
    Mark{"blocks.0.cross_attn.q_linear.weight", pixart_or_sana},
};

struct KindMark {
  const char* beginning;
  FileKind kind;
  const char* title;
};
constexpr std::array kKinds{
    KindMark{"control_model.input_hint_block.", FileKind::controlnet, ""},
    KindMark{"input_hint_block.", FileKind::controlnet, ""},
    KindMark{"controlnet_cond_embedding.", FileKind::controlnet, "diffusers' names"},
    KindMark{"model.1.sub.0.RDB1.", FileKind::upscaler, "ESRGAN"},
    KindMark{"body.0.rdb1.", FileKind::upscaler, "ESRGAN"},
    KindMark{"RRDB_trunk.0.RDB1.", FileKind::upscaler, "ESRGAN"},
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

Family unet_family(const Catalog& file, const Catalog& net) {
  const std::int64_t in = net.dim("input_blocks.0.0.weight", 1).value_or(4);
  if (const auto extra = net.dim("label_emb.0.0.weight", 1)) {
    const std::string reason = fmt::format("label_emb takes {} numbers", *extra);
    if (file.has_any("conditioner.embedders.0.model.")) {
      return {"sdxl-refiner", "SDXL refiner", "its first text encoder is OpenCLIP"};
    }
    if (*extra == 2560) return {"sdxl-refiner", "SDXL refiner", reason};
    if (in == 9) return {"sdxl-inpaint", "SDXL inpainting", reason + ", input_blocks.0 nine channels"};
    return {"sdxl", "SDXL", reason};
  }
  // The width of the text features; some levels have no attention, so the first that has one tells.
  for (const std::string_view name : net.names()) {
    if (!name.ends_with("proj_in.weight")) continue;
    if (net.shape(name).rank() != 2) break;
    const std::string reason = fmt::format("proj_in is a matrix, input_blocks.0 takes {} channels", in);
    if (in == 9) return {"sd2-inpaint", "SD 2.x inpainting", reason};
    if (in == 5) return {"sd2-depth", "SD 2.x depth", reason};
    if (in == 7) return {"sd2-upscaler", "SD 2.x upscaler", reason};
    return {"sd2", "SD 2.x", reason};
  }
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

namespace {

bool found(Recognised& out, FileKind kind, std::string family, std::string title, std::string reason) {
  out.kind = kind;
  out.family = std::move(family);
  out.title = std::move(title);
  out.reasons.push_back(std::move(reason));
  return true;
}

bool is_adapter(const Catalog& file, Recognised& out) {
  for (const std::string_view name : file.names()) {
    const auto ending = std::ranges::find_if(kAdapterEndings, [&](const char* e) { return name.ends_with(e); });
    if (ending != kAdapterEndings.end()) {
      return found(out, FileKind::lora, "", "", fmt::format("names end in {}", *ending));
    }
  }
  return false;
}

bool is_embedding(const Catalog& file, Recognised& out) {
  if (!is_textual_inversion(file)) return false;
  EmbeddingFamily of = embedding_family(file);
  return found(out, FileKind::embedding, std::move(of.family), std::move(of.title), "holds vectors of tokens alone");
}

bool is_known_kind(const Catalog& file, Recognised& out) {
  for (const KindMark& mark : kKinds) {
    if (file.has_any(mark.beginning)) {
      return found(out, mark.kind, "", mark.title, fmt::format("has {}", mark.beginning));
    }
  }
  return false;
}

bool has_network(const Catalog& file, Recognised& out) {
  const bool whole = file.has_any("model.diffusion_model.");
  const Catalog net = whole ? file.under("model.diffusion_model") : file;
  const FileKind kind = whole ? FileKind::checkpoint : FileKind::network;
  const auto found_network = [&](Family family, const char* mark) {
    found(out, kind, std::move(family.id), std::move(family.title), mark);
    if (!family.reason.empty()) out.reasons.push_back(std::move(family.reason));
    return true;
  };
  for (const Mark& mark : kTransformers) {
    if (net.has(mark.tensor)) return found_network(mark.family(net), mark.tensor);
  }
  if (!net.has("input_blocks.0.0.weight")) return false;
  Family family = unet_family(file, net);
  const std::string reason = std::move(family.reason);
  return found(out, kind, std::move(family.id), std::move(family.title), reason);
}

bool is_autoencoder(const Catalog& file, Recognised& out) {
  for (const char* prefix : {"", "first_stage_model.", "vae."}) {
    const std::string begin(prefix);
    if (!file.has_any(begin + "decoder.up.") && !file.has_any(begin + "decoder.up_blocks.")) continue;
    const std::int64_t channels = file.dim(begin + "decoder.conv_in.weight", 1).value_or(0);
    return found(out, FileKind::vae, "", channels > 0 ? fmt::format("{} latent channels", channels) : "",
                 fmt::format("has {}decoder and no UNet", prefix));
  }
  if (file.has("decoder.layers.0.weight")) return found(out, FileKind::vae, "taesd", "TAESD", "has decoder.layers");
  if (file.has("1.weight") && file.has("3.conv.0.weight")) {
    return found(out, FileKind::vae, "taesd", "TAESD decoder", "has 3.conv.0");
  }
  if (file.has("0.weight") && file.has("1.conv.0.weight")) {
    return found(out, FileKind::vae, "taesd", "TAESD encoder", "has 1.conv.0");
  }
  return false;
}

bool is_text_encoder(const Catalog& file, Recognised& out) {
  struct TextMark {
    const char* beginning;
    const char* title;
  };
  for (const auto& [beginning, title] :
       {TextMark{"text_model.encoder.layers.", "CLIP"}, TextMark{"cond_stage_model.", "CLIP"},
        TextMark{"transformer.resblocks.", "OpenCLIP"}, TextMark{"encoder.block.", "T5"},
        TextMark{"model.layers.0.self_attn.", "language model"}}) {
    if (!file.has_any(beginning)) continue;
    return found(out, FileKind::text_encoder, "", title, fmt::format("has {} and no UNet", beginning));
  }
  return false;
}

}  // namespace

Recognised recognise(const Catalog& file) {
  Recognised out;
  static_cast<void>(is_adapter(file, out) || is_embedding(file, out) || is_known_kind(file, out) ||
                    has_network(file, out) || is_autoencoder(file, out) || is_text_encoder(file, out));
  return out;
}

}  // namespace pxf
