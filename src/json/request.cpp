#include "json/request.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>

#include "pixelforge/methods.h"

namespace pxf {
namespace {

struct WrongField {
  std::string field, what;
};

template <class Enum>
struct Choice {
  std::string_view name;
  Enum value;
};

constexpr std::array<Choice<PromptSyntax>, 2> kSyntaxes{
    {{"a1111", PromptSyntax::a1111}, {"comfy", PromptSyntax::comfy}}};
constexpr std::array<Choice<NoiseSource>, 2> kNoises{{{"cpu", NoiseSource::cpu}, {"gpu", NoiseSource::gpu}}};
constexpr std::array<Choice<MaskFill>, 4> kFills{{{"original", MaskFill::original},
                                                  {"fill", MaskFill::fill},
                                                  {"noise", MaskFill::noise},
                                                  {"nothing", MaskFill::nothing}}};
constexpr std::array<Choice<Level>, 3> kLevels{
    {{"best", Level::best}, {"balanced", Level::balanced}, {"fast", Level::fast}}};
constexpr std::array<Choice<ImageFormat>, 3> kFormats{
    {{"png", ImageFormat::png}, {"jpeg", ImageFormat::jpeg}, {"webp", ImageFormat::webp}}};

std::string shown(const Json& value) {
  std::string text = dump(value);
  constexpr std::size_t kMost = 60;
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return text;
}

[[noreturn]] void wrong(const std::string& field, const Json& got, std::string_view need) {
  throw WrongField{field, fmt::format("got {}, need {}", shown(got), need)};
}

// Reads an object's fields, each at most once, and tells which of them nobody asked for.
class Fields {
 public:
  Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) wrong(path_.empty() ? "body" : path_, object, "an object");
  }

  template <class T>
  void operator()(const char* name, T& into) {
    if (const Json* value = take(name)) read(path_of(name), *value, into);
  }
  template <class Enum, std::size_t N>
  void operator()(const char* name, Enum& into, const std::array<Choice<Enum>, N>& choices) {
    const Json* value = take(name);
    if (value == nullptr) return;
    std::string names;
    for (const auto& choice : choices) {
      if (value->is_string() && value->get_ref<const std::string&>() == choice.name) {
        into = choice.value;
        return;
      }
      names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", choice.name);
    }
    wrong(path_of(name), *value, "one of " + names);
  }
  /// The value; null where it is not there, or null.
  const Json* take(const char* name) {
    asked_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
  }
  void refuse_others() const {
    for (const auto& [name, value] : object_.items()) {
      if (!asked_.contains(name)) throw WrongField{path_of(name), "is no field of this request"};
    }
  }

 private:
  static void read(const std::string& field, const Json& value, std::string& into) {
    if (!value.is_string()) wrong(field, value, "a string");
    into = value.get<std::string>();
  }
  static void read(const std::string& field, const Json& value, bool& into) {
    if (!value.is_boolean()) wrong(field, value, "true or false");
    into = value.get<bool>();
  }
  static void read(const std::string& field, const Json& value, double& into) {
    if (!value.is_number()) wrong(field, value, "a number");
    into = value.get<double>();
  }
  static void read(const std::string& field, const Json& value, int& into) {
    const bool fits = value.is_number_unsigned()
                          ? value.get<std::uint64_t>() <= std::numeric_limits<int>::max()
                          : value.is_number_integer() && value.get<std::int64_t>() >= std::numeric_limits<int>::min();
    if (!fits) wrong(field, value, "a whole number");
    into = static_cast<int>(value.get<std::int64_t>());
  }
  static void read(const std::string& field, const Json& value, std::uint64_t& into) {
    if (!value.is_number_unsigned()) wrong(field, value, "a whole number from 0 on");
    into = value.get<std::uint64_t>();
  }
  static void read(const std::string& field, const Json& value, std::vector<std::string>& into) {
    if (!value.is_array()) wrong(field, value, "a list of strings");
    for (const Json& one : value) {
      std::string text;
      read(field, one, text);
      into.push_back(std::move(text));
    }
  }
  template <class T>
  static void read(const std::string& field, const Json& value, std::optional<T>& into) {
    T inner{};
    read(field, value, inner);
    into = std::move(inner);
  }

  const Json& object_;
  std::string path_;
  std::set<std::string, std::less<>> asked_;
};

LoraUse read_lora(const Json& json, const std::string& path) {
  LoraUse use;
  if (json.is_string()) {
    use.name = json.get<std::string>();
    return use;
  }
  Fields field(json, path);
  field("name", use.name);
  field("strength", use.strength);
  field("text_strength", use.text_strength);
  field("start", use.start);
  field("stop", use.stop);
  field("blocks", use.blocks);
  field.refuse_others();
  if (use.name.empty()) throw WrongField{field.path_of("name"), "is missing"};
  return use;
}

void read_loras(Fields& fields, std::vector<LoraUse>& into) {
  const Json* loras = fields.take("loras");
  if (loras == nullptr) return;
  if (!loras->is_array()) wrong("loras", *loras, "a list");
  for (std::size_t i = 0; i < loras->size(); ++i) into.push_back(read_lora((*loras)[i], fmt::format("loras[{}]", i)));
}

void read_margins(Fields& fields, Margins& into) {
  const Json* json = fields.take("outpaint");
  if (json == nullptr) return;
  Fields field(*json, "outpaint");
  field("left", into.left);
  field("right", into.right);
  field("top", into.top);
  field("bottom", into.bottom);
  field.refuse_others();
}

void read_tile(Fields& fields, Request& into) {
  std::string tile;
  fields("tile", tile);
  if (!tile.empty() && tile != "x" && tile != "y" && tile != "xy")
    wrong("tile", tile, "one of \"\", \"x\", \"y\", \"xy\"");
  into.tile_x = tile.find('x') != std::string::npos;
  into.tile_y = tile.find('y') != std::string::npos;
}

void read_hires_upscaler(Fields& fields, HiresUpscaler& into) {
  std::string name;
  fields("hires_upscaler", name);
  if (name.empty()) return;
  std::string names;
  for (const HiresUpscalerName& one : hires_upscalers()) {
    if (one.name == name) return static_cast<void>(into = one.upscaler);
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", one.name);
  }
  wrong("hires_upscaler", name, "one of " + names);
}

void read_guidance(Fields& fields, Guidance& into) {
  std::string text;
  fields("guidance", text);
  auto guidance = parse_guidance(text);
  if (!guidance) throw WrongField{"guidance", guidance.error().message};
  into = std::move(guidance).value();
}

void read_shortcuts(Fields& fields, std::optional<Shortcuts>& into) {
  std::optional<std::string> text;
  fields("shortcuts", text);
  if (!text) return;
  auto shortcuts = parse_shortcuts(*text);
  if (!shortcuts) throw WrongField{"shortcuts", shortcuts.error().message};
  into = std::move(shortcuts).value();
}

void read_picture(Fields& fields, Request& r) {
  fields("strength", r.strength);
  fields("mask_blur", r.mask_blur);
  fields("mask_fill", r.mask_fill, kFills);
  fields("invert_mask", r.invert_mask);
  fields("only_masked", r.only_masked);
  fields("masked_padding", r.masked_padding);
  read_margins(fields, r.outpaint);
  fields("hires", r.hires);
  fields("hires_strength", r.hires_strength);
  fields("hires_steps", r.hires_steps);
  read_hires_upscaler(fields, r.hires_upscaler);
  fields("image_cfg", r.image_cfg);
}

void read_settings(Fields& fields, Request& r) {
  fields("prompt", r.prompt);
  std::optional<std::string> negative;
  fields("negative", negative);
  r.preset_negative = !negative;
  r.negative = std::move(negative).value_or("");
  fields("width", r.width);
  fields("height", r.height);
  fields("level", r.level, kLevels);
  fields("steps", r.steps);
  fields("cfg_scale", r.cfg_scale);
  read_guidance(fields, r.guidance);
  read_shortcuts(fields, r.shortcuts);
  fields("sampler", r.sampler);
  fields("scheduler", r.scheduler);
  fields("seed", r.seed);
  fields("count", r.count);
  fields("clip_skip", r.clip_skip);
  fields("noise", r.noise, kNoises);
  fields("syntax", r.syntax, kSyntaxes);
  fields("styles", r.styles);
  read_loras(fields, r.loras);
  fields("variation_strength", r.variation_strength);
  fields("variation_seed", r.variation_seed);
  fields("seed_resize_width", r.seed_resize_width);
  fields("seed_resize_height", r.seed_resize_height);
  fields("noise_seed_delta", r.noise_seed_delta);
  read_tile(fields, r);
  fields("commercial", r.commercial);
  fields("vae_tiling", r.vae_tiling);
}

template <class Enum, std::size_t N>
std::string_view name_of(Enum value, const std::array<Choice<Enum>, N>& choices) {
  for (const auto& choice : choices) {
    if (choice.value == value) return choice.name;
  }
  return choices[0].name;
}

// Puts into an object what differs from the usual.
class Differences {
 public:
  explicit Differences(Json& out) : out_(out) {}
  template <class T>
  void operator()(const char* name, const T& value, const T& usual) {
    if (value != usual) out_[name] = value;
  }
  template <class T>
  void operator()(const char* name, const std::optional<T>& value) {
    if (value) out_[name] = *value;
  }
  template <class Enum, std::size_t N>
  void operator()(const char* name, Enum value, Enum usual, const std::array<Choice<Enum>, N>& choices) {
    if (value != usual) out_[name] = name_of(value, choices);
  }

 private:
  Json& out_;
};

Json loras_json(const std::vector<LoraUse>& loras) {
  Json out = Json::array();
  for (const LoraUse& use : loras) {
    Json one = {{"name", use.name}};
    Differences put(one);
    put("strength", use.strength);
    put("text_strength", use.text_strength);
    put("start", use.start, 0.0);
    put("stop", use.stop, 1.0);
    put("blocks", use.blocks, std::string());
    out.push_back(std::move(one));
  }
  return out;
}

void put_picture(Differences& put, const Request& r) {
  const Request usual;
  put("strength", r.strength, usual.strength);
  put("mask_blur", r.mask_blur, usual.mask_blur);
  put("mask_fill", r.mask_fill, usual.mask_fill, kFills);
  put("invert_mask", r.invert_mask, false);
  put("only_masked", r.only_masked, false);
  put("masked_padding", r.masked_padding, usual.masked_padding);
  put("hires", r.hires);
  put("hires_strength", r.hires_strength, usual.hires_strength);
  put("hires_steps", r.hires_steps);
  if (r.hires_upscaler != usual.hires_upscaler) put("hires_upscaler", std::optional(name_of(r.hires_upscaler).name));
  put("image_cfg", r.image_cfg, usual.image_cfg);
}

void put_settings(Differences& put, const Request& r) {
  const Request usual;
  put("negative", !r.negative.empty() || !r.preset_negative ? std::optional(r.negative) : std::nullopt);
  put("width", r.width);
  put("height", r.height);
  put("level", r.level, usual.level, kLevels);
  put("steps", r.steps);
  put("cfg_scale", r.cfg_scale);
  put("guidance", to_text(r.guidance), {});
  if (r.shortcuts) put("shortcuts", std::optional(to_text(*r.shortcuts)));
  put("sampler", r.sampler);
  put("scheduler", r.scheduler);
  put("seed", r.seed);
  put("count", r.count, 1);
  put("clip_skip", r.clip_skip);
  put("noise", r.noise, usual.noise, kNoises);
  put("syntax", r.syntax, usual.syntax, kSyntaxes);
  put("styles", r.styles, {});
  put("variation_strength", r.variation_strength, 0.0);
  put("variation_seed", r.variation_seed);
  put("seed_resize_width", r.seed_resize_width);
  put("seed_resize_height", r.seed_resize_height);
  put("noise_seed_delta", r.noise_seed_delta, std::uint64_t{0});
  put("commercial", r.commercial, false);
  put("vae_tiling", r.vae_tiling, false);
}

}  // namespace

Result<JobRequest> read_job_request(const Json& json) {
  try {
    JobRequest job;
    Fields fields(json, {});
    read_settings(fields, job.request);
    read_picture(fields, job.request);
    fields("checkpoint", job.checkpoint);
    fields("auto_loras", job.auto_loras);
    fields("vae", job.vae);
    fields("init", job.init);
    fields("mask", job.mask);
    fields("format", job.encoding.format, kFormats);
    fields("quality", job.encoding.quality);
    fields("preview", job.preview);
    fields.refuse_others();
    return job;
  } catch (WrongField& wrong) {
    return Error{ErrorCode::invalid_argument, std::move(wrong.what), std::move(wrong.field)};
  }
}

Json to_json(const JobRequest& job) {
  const Request& r = job.request;
  const JobRequest usual;
  Json out = {{"prompt", r.prompt}};
  Differences put(out);
  put_settings(put, r);
  put_picture(put, r);
  if (!r.loras.empty()) out["loras"] = loras_json(r.loras);
  if (r.tile_x || r.tile_y) out["tile"] = std::string(r.tile_x ? "x" : "") + (r.tile_y ? "y" : "");
  if (const Margins& m = r.outpaint; m.any()) {
    out["outpaint"] = {{"left", m.left}, {"right", m.right}, {"top", m.top}, {"bottom", m.bottom}};
  }
  put("checkpoint", job.checkpoint, usual.checkpoint);
  put("auto_loras", job.auto_loras, false);
  put("vae", job.vae, {});
  put("init", job.init, {});
  put("mask", job.mask, {});
  put("format", job.encoding.format, usual.encoding.format, kFormats);
  put("quality", job.encoding.quality, usual.encoding.quality);
  put("preview", job.preview, true);
  return out;
}

Json to_json(const PictureRecipe& recipe) {
  JobRequest job;
  job.request = recipe.request;
  if (!recipe.checkpoint.empty()) job.checkpoint = recipe.checkpoint;
  job.vae = recipe.vae;
  return {{"program", recipe.program},
          {"request", to_json(job)},
          {"checkpoint", recipe.checkpoint},
          {"checkpoint_hash", recipe.checkpoint_hash},
          {"needs_picture", recipe.needs_picture},
          {"lost", recipe.lost}};
}

}  // namespace pxf
