#include "recipe/recipe.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>
#include <utility>

#include "pixelforge/methods.h"
#include "recipe/shortcuts_fields.h"
#include "sampling/method_names.h"

namespace pxf {
namespace {

constexpr std::size_t kLongestName = 100;  // of samplers and the like
constexpr std::size_t kLongestLost = 120;  // bytes of what is told of one field
constexpr std::size_t kMostLost = 100;

template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return std::nullopt;
  }
  return value;
}

/// "models\\sd\\dream.safetensors [6ce0161689]" as "dream".
std::string stem_of(std::string_view name) {
  name = name.substr(0, name.find(" ["));
  const auto folder = name.find_last_of("/\\");
  if (folder != name.npos) name.remove_prefix(folder + 1);
  for (const std::string_view ending : {".safetensors", ".ckpt", ".gguf", ".pt", ".pth", ".sft"}) {
    if (name.size() > ending.size() && name.ends_with(ending))
      return std::string(name.substr(0, name.size() - ending.size()));
  }
  return std::string(name);
}

/// A1111's since 2023, ten digits of the sha256, or all of it; or its older one, eight digits of a part's.
bool is_model_hash(std::string_view hash) {
  return (hash.size() == 8 || hash.size() == 10 || hash.size() == 64) &&
         hash.find_first_not_of("0123456789abcdef") == hash.npos;
}

class Settling {
 public:
  explicit Settling(Claims claims) : from_(std::move(claims)), fields_(std::move(from_.said.fields)) {}

  PictureRecipe operator()() {
    Request& r = out_.request;
    out_.program = from_.program;
    for (const std::string& line : from_.lost) lose(line);
    out_.needs_picture = from_.needs_picture;
    r.prompt = std::move(from_.said.prompt);
    r.negative = std::move(from_.said.negative);
    r.loras = std::move(from_.loras);
    for (LoraUse& lora : r.loras) lora.name = stem_of(lora.name);
    r.syntax = from_.syntax;
    choice<PromptSyntax>("Prompt syntax", {{"comfy", PromptSyntax::comfy}}, r.syntax);
    number("Steps", r.steps);
    number("CFG scale", r.cfg_scale);
    number("Seed", r.seed);
    number("Size-1", r.width);
    number("Size-2", r.height);
    r.clip_skip = 1;  // a picture made with what its checkpoint recommends says so
    r.preset_negative = false;
    number("Clip skip", r.clip_skip);
    if (const auto methods = take("Guidance")) {
      Result<Guidance> guidance = parse_guidance(*methods);
      guidance ? static_cast<void>(r.guidance = std::move(guidance).value()) : lose("Guidance", *methods);
    }
    shortcuts();
    method();
    models();
    noise();
    passes();
    inpainting();
    std::pair tiles{false, false};
    choice<std::pair<bool, bool>>("Tiling", {{"True", {true, true}}, {"x", {true, false}}, {"y", {false, true}}},
                                  tiles);
    std::tie(r.tile_x, r.tile_y) = tiles;
    leave_rest();
    return std::move(out_);
  }

 private:
  /// Ours, and A1111's token merging. A picture made with what is set for its checkpoint says so.
  void shortcuts() {
    Shortcuts& into = out_.request.shortcuts.emplace();
    if (const auto text = take("Shortcuts")) {
      Result<Shortcuts> said = parse_shortcuts(*text);
      said ? static_cast<void>(into = std::move(said).value()) : lose("Shortcuts", *text);
    }
    std::optional<double> ratio;
    number("Token merging ratio", ratio);
    if (ratio && *ratio > 0) into.tome = TokenMerging{.ratio = std::min(*ratio, kMostMerged)};
  }

  /// The field's text, which is then done with.
  std::optional<std::string> take(std::string_view key) {
    const auto found = std::ranges::find(fields_, key, &std::pair<std::string, std::string>::first);
    if (found == fields_.end()) return std::nullopt;
    std::string text = std::move(found->second);
    fields_.erase(found);
    return text;
  }

  void lose(std::string_view line) {
    if (out_.lost.size() >= kMostLost) return;
    out_.lost.emplace_back(line.substr(0, kLongestLost));
    if (line.size() > kLongestLost) out_.lost.back() += " …";
  }
  void lose(std::string_view key, std::string_view text) { lose(fmt::format("{}: {}", key, text)); }

  template <class T>
  void number(std::string_view key, T& into) {
    const auto text = take(key);
    if (!text) return;
    const auto value = number_in<T>(*text);
    value ? static_cast<void>(into = *value) : lose(key, *text);
  }
  template <class T>
  void number(std::string_view key, std::optional<T>& into) {
    T value{};
    const bool is_there = std::ranges::find(fields_, key, &std::pair<std::string, std::string>::first) != fields_.end();
    const std::size_t lost = out_.lost.size();
    number(key, value);
    if (is_there && out_.lost.size() == lost) into = value;
  }
  template <class T>
  void choice(std::string_view key, std::initializer_list<std::pair<std::string_view, T>> values, T& into) {
    const auto text = take(key);
    if (!text) return;
    for (const auto& [name, value] : values) {
      if (name == *text) return static_cast<void>(into = value);
    }
    lose(key, *text);
  }

  void method() {
    Request& r = out_.request;
    const auto name = take("Sampler");
    const auto type = take("Schedule type");
    const Dialect dialect = from_.names_are_a1111s ? Dialect::a1111s : Dialect::anybodys;
    if (type && *type != "Automatic") {
      const auto* scheduler = scheduler_called(std::string_view(*type).substr(0, kLongestName), dialect);
      scheduler != nullptr ? static_cast<void>(r.scheduler = scheduler->name) : lose("Schedule type", *type);
    }
    if (!name) return;
    const auto method = name->size() <= kLongestName ? method_called(*name, dialect) : std::nullopt;
    if (!method) return lose("Sampler", *name);
    r.sampler = method->sampler->name;
    if (method->scheduler != nullptr && !r.scheduler) r.scheduler = method->scheduler->name;
    if (!r.scheduler && type) r.scheduler = automatic_schedule(*r.sampler);
    if (!r.scheduler && !from_.scheduler.empty()) r.scheduler = from_.scheduler;
    if (from_.names_are_a1111s && ignores_schedule_in_a1111(*r.sampler)) r.scheduler = "normal";
  }

  void models() {
    out_.checkpoint = stem_of(take("Model").value_or(""));
    if (const auto hash = take("Model hash"); hash && is_model_hash(*hash)) out_.checkpoint_hash = *hash;
    out_.vae = take("VAE").value_or("");
    take("VAE hash");
    if (out_.vae == "None" || out_.vae == "Automatic") out_.vae.clear();
    // "neon: 0123456789ab, sketch: ..."
    const std::string hashes = take("Lora hashes").value_or("");
    for (std::string_view rest = hashes; !rest.empty();) {
      const std::string_view one = rest.substr(0, rest.find(", "));
      rest.remove_prefix(std::min(rest.size(), one.size() + 2));
      const auto colon = one.rfind(": ");
      if (colon != one.npos) out_.lora_hashes.emplace(one.substr(0, colon), one.substr(colon + 2));
    }
  }

  void noise() {
    Request& r = out_.request;
    r.noise = from_.noise;
    choice<NoiseSource>("RNG",
                        {{"CPU", NoiseSource::cpu},
                         {"GPU", NoiseSource::gpu},
                         {"NV", NoiseSource::gpu},
                         {"cpu", NoiseSource::cpu},  // stable-diffusion.cpp's
                         {"cuda", NoiseSource::gpu}},
                        r.noise);
    number("Variation seed", r.variation_seed);
    number("Variation seed strength", r.variation_strength);
    number("Seed resize from-1", r.seed_resize_width);
    number("Seed resize from-2", r.seed_resize_height);
    number("ENSD", r.noise_seed_delta);
  }

  // A strength is of the second pass where there is one, else of image-to-image.
  void passes() {
    Request& r = out_.request;
    number("Hires upscale", r.hires);
    std::optional<int> hires_width;  // in place of a factor
    number("Hires resize-1", hires_width);
    if (hires_width && r.width && *r.width > 0 && !r.hires) r.hires = static_cast<double>(*hires_width) / *r.width;
    if (r.hires) take("Hires resize-2");
    number("Hires steps", r.hires_steps);
    if (const auto name = take("Hires upscaler")) {
      const auto upscaler = hires_upscaler_called(*name);
      upscaler ? static_cast<void>(r.hires_upscaler = *upscaler) : lose("Hires upscaler", *name);
    }
    if (r.hires_steps == 0) r.hires_steps = r.steps;  // A1111's 0: as many as the first pass
    const auto strength = take("Denoising strength");
    if (strength) {
      const auto value = number_in<double>(*strength);
      if (!value) lose("Denoising strength", *strength);
      if (value) (r.hires ? r.hires_strength : r.strength) = *value;
      if (value && !r.hires) out_.needs_picture = true;
    }
    if (const auto scale = take("Image CFG scale")) {
      out_.needs_picture = true;
      r.image_cfg = number_in<double>(*scale).value_or(r.image_cfg);
    }
  }

  void inpainting() {
    Request& r = out_.request;
    number("Mask blur", r.mask_blur);
    choice<MaskFill>("Masked content",
                     {{"fill", MaskFill::fill},
                      {"original", MaskFill::original},
                      {"latent noise", MaskFill::noise},
                      {"latent nothing", MaskFill::nothing}},
                     r.mask_fill);
    choice<bool>("Mask mode", {{"Inpaint masked", false}, {"Inpaint not masked", true}}, r.invert_mask);
    choice<bool>("Inpaint area", {{"Whole picture", false}, {"Only masked", true}}, r.only_masked);
    number("Masked area padding", r.masked_padding);
    if (const auto text = take("Outpaint")) {
      const auto margins = parse_margins(*text);
      margins ? static_cast<void>(r.outpaint = *margins) : lose("Outpaint", *text);
    }
  }

  void leave_rest() {
    constexpr std::string_view kOfNoEffect[] = {"Version",           "User",
                                                "Model license",     "Created Date",
                                                "Batch pos",         "Batch size",
                                                "Civitai resources", "Civitai metadata",
                                                "Template",          "Init image hash",
                                                "Lora licenses",     "Commercial use"};
    for (const auto& [key, text] : fields_) {
      if (std::ranges::find(kOfNoEffect, key) == std::end(kOfNoEffect)) lose(key, text);
    }
  }

  Claims from_;
  std::vector<std::pair<std::string, std::string>> fields_;  // that nobody has taken yet
  PictureRecipe out_;
};

}  // namespace

std::optional<Margins> parse_margins(std::string_view text) {
  Margins out;
  if (const auto all = number_in<int>(text)) return Margins{*all, *all, *all, *all};
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    const std::string_view side = one.substr(0, equals);
    int* into = side == "left"     ? &out.left
                : side == "right"  ? &out.right
                : side == "top"    ? &out.top
                : side == "bottom" ? &out.bottom
                                   : nullptr;
    const auto pixels = equals == one.npos ? std::nullopt : number_in<int>(one.substr(equals + 1));
    if (into == nullptr || !pixels) return std::nullopt;
    *into = *pixels;
  }
  return out;
}

const std::string* text_of(std::span<const TextEntry> entries, std::string_view keyword) {
  const auto found = std::ranges::find(entries, keyword, &TextEntry::keyword);
  return found == entries.end() ? nullptr : &found->text;
}

PictureRecipe recipe_of(Claims claims) { return Settling(std::move(claims))(); }

Result<PictureRecipe> recipe_in(std::span<const TextEntry> entries) {
  // ComfyUI's last: its nodes that save pictures for other programs write those programs' texts too, and say more
  // there.
  for (ClaimsReader* read : {read_invokeai, read_swarmui, read_fooocus, read_novelai, read_a1111, read_comfyui}) {
    if (auto claims = read(entries)) return recipe_of(std::move(*claims));
  }
  return make_error(ErrorCode::unsupported,
                    "holds no settings: got {} texts, need the parameters that PixelForge, A1111, ComfyUI, InvokeAI, "
                    "SwarmUI, Fooocus or NovelAI write; programs that share pictures often remove them",
                    entries.size());
}

}  // namespace pxf
