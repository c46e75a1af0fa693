#include "tuning/state.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/file.h"

namespace pxf {
namespace {

using StateJson = nlohmann::json;

constexpr std::size_t kLargestState = 64 << 20;

StateJson to_state_json(const TuningConditions& c) {
  return {{"checkpoint", c.checkpoint}, {"program", c.program}, {"start", c.start},
          {"width", c.width},           {"height", c.height},   {"prompts", c.prompts}};
}

StateJson to_state_json(const Measured& m) {
  if (m.is_broken) return {{"broken", m.why}};
  return {{"evaluations", m.evaluations},
          {"look", {m.look.clipped, m.look.saturation, m.look.contrast, m.look.edges}},
          {"latent_spread", m.latent_spread},
          {"prompt_evidence", m.prompt_evidence},
          {"clip", m.clip},
          {"distance", {m.ssim, m.features, m.latent}}};
}

Measured measured_from(const StateJson& in) {
  Measured m;
  if (in.contains("broken")) {
    m.is_broken = true;
    in.at("broken").get_to(m.why);
    return m;
  }
  in.at("evaluations").get_to(m.evaluations);
  const auto look = in.at("look").get<std::array<double, 4>>();
  m.look = {look[0], look[1], look[2], look[3]};
  in.at("latent_spread").get_to(m.latent_spread);
  in.at("prompt_evidence").get_to(m.prompt_evidence);
  m.clip = in.value("clip", 0.0);
  const auto distance = in.at("distance").get<std::array<double, 3>>();
  m.ssim = distance[0];
  m.features = distance[1];
  m.latent = distance[2];
  return m;
}

}  // namespace

TuningState read_tuning_state(const std::filesystem::path& file, const TuningConditions& conditions) {
  TuningState fresh;
  fresh.conditions = conditions;
  const Result<std::string> text = read_file(file, kLargestState);
  if (!text) return fresh;
  const StateJson in = StateJson::parse(text.value(), nullptr, false);
  try {
    if (in.at("conditions") !=
        StateJson::parse(to_state_json(conditions).dump(-1, ' ', false, StateJson::error_handler_t::replace))) {
      return fresh;
    }
    TuningState out = fresh;
    in.at("seconds_per_evaluation").get_to(out.seconds_per_evaluation);
    in.at("evaluations_per_picture").get_to(out.evaluations_per_picture);
    for (const auto& [key, one] : in.at("done").items()) out.done[key] = measured_from(one);
    return out;
  } catch (const StateJson::exception&) {
    return fresh;
  }
}

Status write_tuning_state(const std::filesystem::path& file, const TuningState& state) {
  StateJson done = StateJson::object();
  for (const auto& [key, one] : state.done) done[key] = to_state_json(one);
  const StateJson out = {{"conditions", to_state_json(state.conditions)},
                         {"seconds_per_evaluation", state.seconds_per_evaluation},
                         {"evaluations_per_picture", state.evaluations_per_picture},
                         {"done", std::move(done)}};
  const std::string text = out.dump(-1, ' ', false, StateJson::error_handler_t::replace);
  return write_file_atomically(file, as_bytes(text));
}

}  // namespace pxf
