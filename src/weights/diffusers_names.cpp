#include "weights/diffusers_names.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "weights/name_pairs.h"

namespace pxf {
namespace {

/// The module's name by the pairs, with the parameter's name behind it; empty when no pair has it.
template <class Pairs>
std::string named_by(const Pairs& pairs, std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  for (const auto& [original, other] : pairs) {
    if (original == name.substr(0, dot)) return fmt::format("{}{}", other, name.substr(dot));
  }
  return {};
}

/// "input_blocks.4.1.proj_in.weight" at "input_blocks." -> 4, and "1.proj_in.weight" is left.
std::optional<std::int64_t> take_index(std::string_view& name, std::string_view list) {
  if (!name.starts_with(list)) return std::nullopt;
  std::int64_t number = 0;
  const char *begin = name.data() + list.size(), *last = name.data() + name.size();
  const auto [end, wrong] = std::from_chars(begin, last, number);
  if (wrong != std::errc() || end == last || *end != '.') return std::nullopt;
  name.remove_prefix(static_cast<std::size_t>(end - name.data()) + 1);
  return number;
}

std::string joined(const std::string& path, const std::string& inner) { return inner.empty() ? inner : path + inner; }

/// Diffusers cuts the lists of blocks into levels, by where the size changes.
class DiffusersUnet {
 public:
  explicit DiffusersUnet(const Catalog& unet) {
    Spot at;
    for (std::int64_t i = 1; i < unet.count("input_blocks"); ++i) {
      const bool ends = unet.has_any(fmt::format("input_blocks.{}.0.op.", i));
      down_.push_back({at.level, ends ? -1 : at.place++});
      if (ends) at = {at.level + 1, 0};
    }
    at = {};
    for (std::int64_t i = 0; i < unet.count("output_blocks"); ++i) {
      const auto has = [&](const char* name) { return unet.has_any(fmt::format("output_blocks.{}.{}.", i, name)); };
      up_.push_back({at.level, at.place++});
      if (has("1.conv") || has("2.conv")) at = {at.level + 1, 0};
    }
  }

  std::string operator()(std::string_view name) const {
    if (const std::string end = named_by(kUnetEnds, name); !end.empty()) return end;
    std::string_view rest = name;
    if (const auto block = take_index(rest, "input_blocks."); block && *block > 0 && *block <= std::ssize(down_)) {
      const auto [level, place] = down_[static_cast<std::size_t>(*block) - 1];
      const std::string at = fmt::format("down_blocks.{}.", level);
      return place < 0 ? of_sampler(at + "downsamplers.0.conv.", "0.op.", rest) : of_block(at, place, rest);
    }
    if (const auto block = take_index(rest, "output_blocks."); block && *block < std::ssize(up_)) {
      const auto [level, place] = up_[static_cast<std::size_t>(*block)];
      const std::string at = fmt::format("up_blocks.{}.", level);
      for (const char* conv : {"1.conv.", "2.conv."}) {
        if (rest.starts_with(conv)) return of_sampler(at + "upsamplers.0.conv.", conv, rest);
      }
      return of_block(at, place, rest);
    }
    const auto place = take_index(rest, "middle_block.");
    if (!place) return {};
    if (*place % 2 == 1) return fmt::format("mid_block.attentions.{}.{}", *place / 2, rest);
    return joined(fmt::format("mid_block.resnets.{}.", *place / 2), named_by(kUnetResnet, rest));
  }

 private:
  struct Spot {
    std::int64_t level = 0, place = 0;  // of a resnet; below 0: it changes the size
  };

  static std::string of_sampler(const std::string& to, std::string_view from, std::string_view rest) {
    return rest.starts_with(from) ? to + std::string(rest.substr(from.size())) : std::string();
  }
  static std::string of_block(const std::string& at, std::int64_t place, std::string_view rest) {
    if (rest.starts_with("1.")) return fmt::format("{}attentions.{}.{}", at, place, rest.substr(2));
    if (!rest.starts_with("0.")) return {};
    return joined(fmt::format("{}resnets.{}.", at, place), named_by(kUnetResnet, rest.substr(2)));
  }

  std::vector<Spot> down_, up_;  // input_blocks.1 and on, output_blocks.0 and on
};

/// The decoder's levels are counted from the other end.
class DiffusersVae {
 public:
  explicit DiffusersVae(const Catalog& vae) : levels_(vae.count("decoder.up")) {}

  std::string operator()(std::string_view name) const {
    if (name.starts_with("quant_conv.") || name.starts_with("post_quant_conv.")) return std::string(name);
    for (const std::string_view side : {"encoder.", "decoder."}) {
      if (name.starts_with(side)) return joined(std::string(side), in_side(name.substr(side.size())));
    }
    return {};
  }

 private:
  std::string in_side(std::string_view rest) const {
    if (const auto level = take_index(rest, "down.")) return in_level("down", *level, rest);
    if (const auto level = take_index(rest, "up.")) return in_level("up", levels_ - 1 - *level, rest);
    if (!rest.starts_with("mid.")) return named_by(kVaeEnds, rest);
    rest.remove_prefix(std::strlen("mid."));
    if (const auto k = take_index(rest, "block_"))
      return joined(fmt::format("mid_block.resnets.{}.", *k - 1), named_by(kVaeResnet, rest));
    const auto k = take_index(rest, "attn_");
    return k ? joined(fmt::format("mid_block.attentions.{}.", *k - 1), named_by(kVaeAttention, rest)) : std::string();
  }

  static std::string in_level(std::string_view way, std::int64_t level, std::string_view rest) {
    const std::string at = fmt::format("{}_blocks.{}.", way, level);
    if (const auto k = take_index(rest, "block."))
      return joined(fmt::format("{}resnets.{}.", at, *k), named_by(kVaeResnet, rest));
    const std::string from = fmt::format("{}sample.conv.", way);
    return rest.starts_with(from) ? fmt::format("{}{}samplers.0.conv.{}", at, way, rest.substr(from.size()))
                                  : std::string();
  }

  std::int64_t levels_;
};

/// A tensor there, and which rows of one here it is.
struct Target {
  std::string name;  // empty: it is left out
  int row_part = 0, row_parts = 1;
  bool transposed = false;  // of a matrix
};

std::vector<Target> clip_targets(std::string_view name) {
  if (name.ends_with("position_ids")) return {};
  return {{(name.starts_with("text_model.") ? "" : "text_model.") + std::string(name)}};
}

std::vector<Target> open_clip_targets(std::string_view name) {
  if (name == "text_projection") return {{.name = "text_projection.weight", .transposed = true}};
  if (name == "token_embedding.weight") return {{"text_model.embeddings.token_embedding.weight"}};
  if (name == "positional_embedding") return {{"text_model.embeddings.position_embedding.weight"}};
  if (name.starts_with("ln_final.")) return {{"text_model.final_layer_norm." + std::string(name.substr(9))}};
  const auto layer = take_index(name, "transformer.resblocks.");
  if (!layer) return {};
  const std::string at = fmt::format("text_model.encoder.layers.{}.", *layer);
  const std::string_view fused = "attn.in_proj_";
  if (!name.starts_with(fused)) return {{joined(at, named_by(kTextLayer, name))}};
  std::vector<Target> out;
  for (int part = 0; part < 3; ++part) {
    out.push_back({fmt::format("{}self_attn.{}_proj.{}", at, "qkv"[part], name.substr(fused.size())), part, 3});
  }
  return out;
}

/// A tensor under its new name, of rows of one of the source's.
struct Renamed {
  TensorInfo info;
  std::string from;
  Target target;
};

class RenamedSource final : public TensorSource {
 public:
  RenamedSource(std::shared_ptr<const Catalog> file, const std::string& folder, std::vector<TensorInfo> infos,
                std::vector<Renamed> tensors, Metadata metadata)
      : TensorSource(file->source().name() + ": " + folder, file->source().format(), std::move(infos),
                     std::move(metadata)),
        file_(std::move(file)),
        tensors_(std::move(tensors)) {}

 private:
  Bytes bytes_at(std::size_t index) const override {
    const Renamed& tensor = tensors_[index];
    const Bytes whole = file_->source().bytes(tensor.from);
    if (!tensor.target.transposed) {
      const std::size_t part = whole.size() / static_cast<std::size_t>(tensor.target.row_parts);
      return whole.subspan(part * static_cast<std::size_t>(tensor.target.row_part), part);
    }
    std::lock_guard lock(mutex_);
    std::vector<std::byte>& made = made_[index];
    if (made.empty()) made = transposed(whole, tensor.info.shape);
    return made;
  }

  void release_pages_at(std::size_t index) const noexcept override {
    if (tensors_[index].target.row_parts == 1) file_->source().release_pages(tensors_[index].from);
  }

  static std::vector<std::byte> transposed(Bytes from, const Shape& to) {
    const auto rows = static_cast<std::size_t>(to.dim(0)), columns = static_cast<std::size_t>(to.dim(1));
    const std::size_t size = from.size() / (rows * columns);
    std::vector<std::byte> out(from.size());
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) {
        std::memcpy(out.data() + (i * columns + j) * size, from.data() + (j * rows + i) * size, size);
      }
    }
    return out;
  }

  std::shared_ptr<const Catalog> file_;
  std::vector<Renamed> tensors_;
  mutable std::mutex mutex_;
  mutable std::map<std::size_t, std::vector<std::byte>> made_;  // guarded by the mutex; what is there stays
};

Shape shape_there(const Shape& here, const Target& target, bool kernel_as_matrix) {
  if (target.transposed) return Shape{here.dim(1), here.dim(0)};
  if (kernel_as_matrix && here.rank() == 4) return Shape{here.dim(0), here.dim(1)};
  return target.row_parts > 1 ? here.with(0, here.dim(0) / target.row_parts) : here;
}

/// `targets_of` gives what each tensor becomes.
template <class TargetsOf>
DiffusersPart renamed_part(const Catalog& original, const std::string& folder, const TargetsOf& targets_of) {
  std::vector<Renamed> tensors;
  std::vector<TensorInfo> infos;
  for (const std::string_view name : original.names()) {
    const std::string from = original.prefix() + std::string(name);
    const TensorInfo& info = *original.source().find(from);
    for (Target target : targets_of(name)) {
      if (target.name.empty()) continue;
      const bool attention = folder == "vae" && target.name.find(".attentions.") != std::string::npos;
      infos.push_back({target.name, info.dtype, shape_there(info.shape, target, attention)});
      tensors.push_back({infos.back(), from, std::move(target)});
    }
  }
  TensorSource::Metadata metadata = original.source().metadata();
  metadata["format"] = "pt";  // transformers wants to be told
  auto source = std::make_shared<RenamedSource>(std::make_shared<const Catalog>(original), folder, std::move(infos),
                                                std::move(tensors), std::move(metadata));
  return {folder, std::move(source), original, false};
}

std::optional<DiffusersPart> text_part(const Catalog& file, const std::string& from, const std::string& folder) {
  if (const Catalog large = file.under(from + ".model"); large.has_any("transformer.resblocks.")) {
    DiffusersPart out = renamed_part(large, folder, open_clip_targets);
    out.open_clip = true;
    return out;
  }
  const Catalog small = file.under(from + ".transformer");
  if (small.empty()) return std::nullopt;
  return renamed_part(small.has_any("text_model.") ? small.under("text_model") : small, folder, clip_targets);
}

}  // namespace

std::vector<DiffusersPart> diffusers_parts(const Catalog& file) {
  std::vector<DiffusersPart> out;
  const auto single = [](std::string name) { return std::vector<Target>{{std::move(name)}}; };
  const Catalog unet = file.under(file.has_any("model.diffusion_model.") ? "model.diffusion_model" : "");
  const DiffusersUnet unet_name(unet);
  out.push_back(renamed_part(unet, "unet", [&](std::string_view name) { return single(unet_name(name)); }));
  if (const Catalog vae = file.under("first_stage_model"); !vae.empty()) {
    const DiffusersVae vae_name(vae);
    out.push_back(renamed_part(vae, "vae", [&](std::string_view name) { return single(vae_name(name)); }));
  }
  for (const auto& [from, folder] :
       {std::pair("cond_stage_model", "text_encoder"), std::pair("conditioner.embedders.0", "text_encoder"),
        std::pair("conditioner.embedders.1", "text_encoder_2")}) {
    if (auto part = text_part(file, from, folder)) out.push_back(std::move(*part));
  }
  return out;
}

}  // namespace pxf
