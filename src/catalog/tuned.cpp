#include "catalog/tuned.h"

#include <fmt/chrono.h>

#include <ctime>
#include <nlohmann/json.hpp>

namespace pxf {
namespace {

using TunedJson = nlohmann::json;

TunedJson level_json(const Recommended::AtLevel& at) {
  return {{"sampler", at.sampler}, {"scheduler", at.scheduler}, {"steps", at.steps}, {"cfg_scale", at.cfg_scale}};
}

Recommended::AtLevel level_from(const TunedJson& in) {
  return {in.at("sampler").get<std::string>(), in.at("scheduler").get<std::string>(), in.at("steps").get<int>(),
          in.at("cfg_scale").get<double>()};
}

}  // namespace

std::string to_json_text(const TunedPreset& preset) {
  TunedJson levels = TunedJson::object();
  for (const auto& [level, at] : preset.levels) levels[to_string(level)] = level_json(at);
  const TunedJson out = {{"levels", levels},      {"when", preset.when},   {"sha256", preset.sha256},
                         {"bytes", preset.bytes}, {"mtime", preset.mtime}, {"prediction", preset.prediction}};
  return out.dump(-1, ' ', false, TunedJson::error_handler_t::replace);
}

std::optional<TunedPreset> tuned_from_json(const std::string& text) {
  const TunedJson in = TunedJson::parse(text, nullptr, false);
  try {
    TunedPreset out;
    for (const Level level : {Level::best, Level::balanced, Level::fast}) {
      out.levels[level] = level_from(in.at("levels").at(to_string(level)));
    }
    in.at("when").get_to(out.when);
    in.at("sha256").get_to(out.sha256);
    in.at("bytes").get_to(out.bytes);
    in.at("mtime").get_to(out.mtime);
    in.at("prediction").get_to(out.prediction);
    return out;
  } catch (const TunedJson::exception&) {
    return std::nullopt;
  }
}

bool is_of_this_file(const TunedPreset& preset, const std::string& sha256, const FileStamp& stamp) {
  if (!preset.sha256.empty() && !sha256.empty()) return preset.sha256 == sha256;
  return preset.bytes == stamp.bytes && preset.mtime == stamp.mtime;
}

std::filesystem::path tuning_state_path(const std::filesystem::path& home, const std::string& name) {
  return home / "tuning" / (name + ".json");
}

std::filesystem::path tuning_pictures_path(const std::filesystem::path& home, const std::string& name) {
  return home / "tuning" / (name + ".pictures");
}

std::string origin_of(const TunedPreset& preset) {
  return fmt::format("tuned here on {:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(preset.when)));
}

}  // namespace pxf
