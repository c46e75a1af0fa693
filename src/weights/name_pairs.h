// What the original checkpoints call a module, and what diffusers and transformers do, inside a block.
#pragma once

#include <array>
#include <string_view>

namespace pxf {

struct ModulePair {
  std::string_view original, other;
};

inline constexpr std::array kUnetResnet{
    ModulePair{"in_layers.0", "norm1"},          ModulePair{"in_layers.2", "conv1"},
    ModulePair{"emb_layers.1", "time_emb_proj"}, ModulePair{"out_layers.0", "norm2"},
    ModulePair{"out_layers.3", "conv2"},         ModulePair{"skip_connection", "conv_shortcut"}};

inline constexpr std::array kUnetEnds{ModulePair{"time_embed.0", "time_embedding.linear_1"},
                                      ModulePair{"time_embed.2", "time_embedding.linear_2"},
                                      ModulePair{"label_emb.0.0", "add_embedding.linear_1"},
                                      ModulePair{"label_emb.0.2", "add_embedding.linear_2"},
                                      ModulePair{"label_emb.0.0", "class_embedding.linear_1"},
                                      ModulePair{"label_emb.0.2", "class_embedding.linear_2"},
                                      ModulePair{"input_blocks.0.0", "conv_in"},
                                      ModulePair{"out.0", "conv_norm_out"},
                                      ModulePair{"out.2", "conv_out"}};

inline constexpr std::array kVaeResnet{ModulePair{"norm1", "norm1"}, ModulePair{"conv1", "conv1"},
                                       ModulePair{"norm2", "norm2"}, ModulePair{"conv2", "conv2"},
                                       ModulePair{"nin_shortcut", "conv_shortcut"}};
/// Those of newer files come first.
inline constexpr std::array kVaeAttention{ModulePair{"norm", "group_norm"},
                                          ModulePair{"q", "to_q"},
                                          ModulePair{"k", "to_k"},
                                          ModulePair{"v", "to_v"},
                                          ModulePair{"q", "query"},
                                          ModulePair{"k", "key"},
                                          ModulePair{"v", "value"},
                                          ModulePair{"proj_out", "to_out.0"},
                                          ModulePair{"proj_out", "proj_attn"}};
inline constexpr std::array kVaeEnds{ModulePair{"conv_in", "conv_in"}, ModulePair{"norm_out", "conv_norm_out"},
                                     ModulePair{"conv_out", "conv_out"}};

/// A layer of OpenCLIP's text encoder, but for q, k and v, which are one tensor in the original.
inline constexpr std::array kTextLayer{ModulePair{"attn.out_proj", "self_attn.out_proj"},
                                       ModulePair{"mlp.c_fc", "mlp.fc1"}, ModulePair{"mlp.c_proj", "mlp.fc2"},
                                       ModulePair{"ln_1", "layer_norm1"}, ModulePair{"ln_2", "layer_norm2"}};

}  // namespace pxf
