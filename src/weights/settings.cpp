#include "weights/settings.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace pxf {
namespace {

using nlohmann::json;

class Reader {
 public:
  explicit Reader(const Catalog& file) : file_(file) {}

  std::string text(const std::string& key) const { return file_.metadata(key); }

  std::optional<double> number(const std::string& key, double lowest, double highest) const {
    const std::string value = text(key);
    if (value.empty()) return std::nullopt;
    double out = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc() || end != value.data() + value.size()) refuse(key, "is not a number");
    return checked(key, out, lowest, highest);
  }

  /// An object, or null when the entry is absent.
  json object(const std::string& key) const {
    const std::string value = text(key);
    if (value.empty()) return json();
    json out = json::parse(value, nullptr, false);
    if (!out.is_object()) refuse(key, "is not a JSON object");
    return out;
  }

  std::optional<double> member(const json& object, const std::string& key, const char* name, double lowest,
                               double highest) const {
    if (!object.is_object() || !object.contains(name)) return std::nullopt;
    if (!object[name].is_number()) refuse(key, "holds something other than numbers");
    return checked(key, object[name].get<double>(), lowest, highest);
  }

  [[noreturn]] void refuse(const std::string& key, const char* why) const {
    throw Failure(Error{ErrorCode::bad_file, fmt::format("metadata entry \"{}\" {}", key, why), file_.source().name()});
  }

 private:
  double checked(const std::string& key, double value, double lowest, double highest) const {
    if (!(value >= lowest && value <= highest)) {
      throw Failure(Error{ErrorCode::bad_file,
                          fmt::format("metadata entry \"{}\": got {}, need {} to {}", key, value, lowest, highest),
                          file_.source().name()});
    }
    return value;
  }

  const Catalog& file_;
};

template <class T>
std::optional<T> as(std::optional<double> value) {
  return value ? std::optional<T>(static_cast<T>(*value)) : std::nullopt;
}

// A preview that cannot be drawn is no reason to refuse the file: nothing else depends on it.
std::optional<LatentRgb> read_latent_rgb(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  try {
    LatentRgb out{};
    value.at("matrix").get_to(out.matrix);
    value.at("bias").get_to(out.bias);
    return out;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

/// Empty for what is no list of numbers.
std::vector<double> numbers_in(const std::string& text) {
  const json list = json::parse(text, nullptr, false);
  std::vector<double> out;
  if (!list.is_array()) return out;
  for (const json& one : list) out.push_back(one.is_number() ? one.get<double>() : 0);
  return out;
}

std::string text_member(const json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : "";
}

}  // namespace

Settings read_settings(const Catalog& file) {
  const Reader read(file);
  Settings out;
  out.title = read.text("modelspec.title");
  out.license = read.text("modelspec.license");
  out.author = read.text("modelspec.author");
  out.description = read.text("modelspec.description");
  out.tags = read.text("modelspec.tags");
  out.prediction_type = read.text("modelspec.prediction_type");
  // Empty tensors by which SDXL's derivatives tell what they were trained on.
  if (file.has("v_pred")) out.prediction_type = "v";
  if (file.has("edm_mean")) out.prediction_type = "edm";
  out.zero_terminal_snr = file.has("ztsnr") || read.text("pixelforge.zero_terminal_snr") == "true";

  out.group_norm_groups = as<std::int64_t>(read.number("pixelforge.group_norm_groups", 1, 4096));
  const std::string heads_key = "pixelforge.attention_heads";
  const json heads = read.object(heads_key);
  out.unet_heads = as<std::int64_t>(read.member(heads, heads_key, "unet", 1, 4096));
  out.text_heads = as<std::int64_t>(read.member(heads, heads_key, "text_encoder", 1, 4096));
  out.latent_scale = read.number("pixelforge.vae_scale_factor", 1e-6, 1e6);
  out.latent_means = numbers_in(read.text("pixelforge.latent_means"));
  out.latent_deviations = numbers_in(read.text("pixelforge.latent_deviations"));
  out.latent_rgb = read_latent_rgb(read.text("pixelforge.latent_rgb"));

  const std::string recommended_key = "pixelforge.recommended";
  const json recommended = read.object(recommended_key);
  out.sampler = text_member(recommended, "sampler");
  out.scheduler = text_member(recommended, "scheduler");
  out.negative = text_member(recommended, "negative");
  out.clip_skip = as<int>(read.member(recommended, recommended_key, "clip_skip", 1, 100));
  out.steps = as<int>(read.member(recommended, recommended_key, "steps", 1, 10000));
  out.cfg_scale = read.member(recommended, recommended_key, "cfg_scale", 0, 1000);
  out.width = as<int>(read.member(recommended, recommended_key, "width", 8, 65536));
  out.height = as<int>(read.member(recommended, recommended_key, "height", 8, 65536));
  return out;
}

}  // namespace pxf
