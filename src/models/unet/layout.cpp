#include "models/unet/layout.h"

#include <algorithm>

#include "base/error.h"

namespace pxf::unet {
namespace {

// Each of these is as wide as the block's result; a damaged file may lack some.
std::int64_t width_of(const Catalog& names, const std::string& block, std::int64_t otherwise) {
  for (const char* tensor :
       {"0.out_layers.3.weight", "0.in_layers.2.weight", "0.emb_layers.1.weight", "0.out_layers.0.weight"}) {
    if (const auto width = names.dim(block + tensor, 0)) return *width;
  }
  return otherwise;
}

std::int64_t depth_of(const Catalog& names, const std::string& block) {
  return names.count(block + "1.transformer_blocks");
}

void check_divides(const Catalog& names, std::int64_t width, std::int64_t parts, const char* what) {
  if (width % parts == 0) return;
  throw Failure(Error{ErrorCode::bad_file,
                      fmt::format("UNet: a width of {} does not divide into {} {}; the file's metadata names another "
                                  "number or its shapes are wrong",
                                  width, parts, what),
                      names.source().name()});
}

}  // namespace

Layout read_layout(const Catalog& names, Hints hints) {
  Layout out;
  out.hints = hints;
  out.channels = names.shape("input_blocks.0.0.weight").dim(0);
  out.in_channels = names.shape("input_blocks.0.0.weight").dim(1);
  out.embedding = names.dim("time_embed.0.weight", 0).value_or(out.channels * 4);
  out.vector = names.dim("label_emb.0.0.weight", 1).value_or(0);
  out.out_channels = names.dim("out.2.weight", 0).value_or(4);

  std::vector<std::int64_t> skips{out.channels};
  std::int64_t width = out.channels;
  for (std::int64_t i = 1; i < names.count("input_blocks"); ++i) {
    const std::string block = fmt::format("input_blocks.{}.", i);
    Layout::Block b{!names.has_any(block + "0.op."), width, width, 0, false};
    if (b.resnet) {
      b.out = width_of(names, block, width);
      b.depth = depth_of(names, block);
    }
    width = b.out;
    skips.push_back(width);
    out.down.push_back(b);
  }
  out.middle_depth = depth_of(names, "middle_block.");
  for (std::int64_t i = 0; i < names.count("output_blocks") && !skips.empty(); ++i) {
    const std::string block = fmt::format("output_blocks.{}.", i);
    Layout::Block b{true, width + skips.back(), width_of(names, block, width), depth_of(names, block), false};
    skips.pop_back();
    b.upsample = names.has_any(block + "1.conv.") || names.has_any(block + "2.conv.");
    width = b.out;
    out.up.push_back(b);
  }
  if (out.up.empty() || !skips.empty()) {
    throw Failure(
        Error{ErrorCode::bad_file,
              fmt::format("UNet: {} blocks on the way down and {} on the way up do not match; the file is cut "
                          "off or not a UNet",
                          out.down.size() + 1, names.count("output_blocks")),
              names.source().name()});
  }

  check_divides(names, out.channels, hints.groups, "norm groups");
  const std::string attention = "middle_block.1.transformer_blocks.0.attn2.to_k.weight";
  out.context = names.dim(attention, 1).value_or(768);
  for (const std::vector<Layout::Block>* side : {&out.down, &out.up}) {
    for (const Layout::Block& b : *side) {
      if (b.depth > 0) check_divides(names, b.out, std::max<std::int64_t>(1, hints.heads_of(b.out)), "attention heads");
      if (b.resnet) check_divides(names, b.in, hints.groups, "norm groups");
      check_divides(names, b.out, hints.groups, "norm groups");
    }
  }
  return out;
}

}  // namespace pxf::unet
