#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "base/error.h"
#include "pipeline/presets.h"
#include "pixelforge/vote.h"
#include "tuning/prompts.h"
#include "tuning/tuned_name.h"

namespace pxf {
namespace {

using AtLevel = Recommended::AtLevel;
using nlohmann::json;

std::string settings_json(const AtLevel& at) {
  return json{{"sampler", at.sampler}, {"scheduler", at.scheduler}, {"steps", at.steps}, {"cfg_scale", at.cfg_scale}}
      .dump();
}

AtLevel settings_of(const std::string& text) {
  const json in = json::parse(text, nullptr, false);
  try {
    return {in.at("sampler"), in.at("scheduler"), in.at("steps"), in.at("cfg_scale")};
  } catch (const json::exception&) {
    fail(ErrorCode::bad_file, "library.db: a comparison's settings are \"{}\", which cannot be read", text);
  }
}

AtLevel preset_of(const ModelInfo& info) {
  const Recommended& r = *info.recommended;
  return {r.sampler, r.scheduler, r.steps, r.cfg_scale};
}

double to_halves(double value) { return std::max(1.0, std::round(value * 2) / 2); }

// Each differs in one thing, in the order in which they are tried.
std::vector<AtLevel> ways_beside(const AtLevel& preset) {
  constexpr double kWeaker = 0.75, kStronger = 1.35, kMoreSteps = 1.5;
  std::vector<AtLevel> out;
  const auto add = [&](const auto& change) {
    AtLevel way = preset;
    change(way);
    if (way != preset && std::ranges::find(out, way) == out.end()) out.push_back(way);
  };
  add([&](AtLevel& way) { way.cfg_scale = to_halves(preset.cfg_scale * kWeaker); });
  add([&](AtLevel& way) { way.cfg_scale = to_halves(preset.cfg_scale * kStronger); });
  add([&](AtLevel& way) { way.steps = static_cast<int>(std::lround(preset.steps * kMoreSteps)); });
  for (const char* sampler : {"euler_ancestral", "dpmpp_2m_sde", "euler", "dpmpp_2m"})
    add([&](AtLevel& way) { way.sampler = sampler; });
  for (const char* scheduler : {"karras", "normal"}) add([&](AtLevel& way) { way.scheduler = scheduler; });
  return out;
}

// All votes between the two, whichever of them was the preset then.
Standing standing_of(const std::vector<Store::ComparisonRow>& rows, const AtLevel& preset, const AtLevel& way) {
  Standing out{way};
  for (const Store::ComparisonRow& row : rows) {
    const AtLevel then = settings_of(row.preset), other = settings_of(row.challenger);
    const bool same = then == preset && other == way, swapped = then == way && other == preset;
    if (row.vote.empty() || (!same && !swapped)) continue;
    if (row.vote == "neither") {
      ++out.equal;
    } else {
      (row.vote == "challenger") == same ? ++out.better : ++out.worse;
    }
  }
  return out;
}

std::vector<Standing> standings_of(Store& store, const std::string& name, const AtLevel& preset) {
  const auto rows = value_or_throw(store.comparisons(name));
  std::vector<Standing> out;
  for (const AtLevel& way : ways_beside(preset)) out.push_back(standing_of(rows, preset, way));
  return out;
}

int votes_of(const Standing& one) { return one.better + one.worse + one.equal; }

// The one with the fewest votes among those that have not lost; many votes without a winner are an answer too.
const Standing* next_of(const std::vector<Standing>& all) {
  constexpr int kEnough = 24;
  const Standing* best = nullptr;
  for (const Standing& one : all) {
    if (one.worse - one.better >= kVotesAhead || votes_of(one) >= kEnough) continue;
    if (best == nullptr || votes_of(one) < votes_of(*best)) best = &one;
  }
  return best;
}

/// Random, so that nobody can tell by it which is which.
std::uint64_t chance() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

Comparison next_with(const Checkpoint& checkpoint, const std::string& prompt, const std::filesystem::path& home) {
  const ModelInfo& info = checkpoint.info();
  Store store(home_of_tuning(home));
  const TunedName name = identify(info, store);
  check_can_be_tuned(info, first_recommendation(info), name, true);
  const AtLevel preset = preset_of(info);
  const std::vector<Standing> standings = standings_of(store, name.name, preset);
  const Standing* way = next_of(standings);
  if (way == nullptr) {
    throw Failure(Error{
        ErrorCode::not_found,
        fmt::format("the preset has stood against all {} others; nothing is left to compare it with", standings.size()),
        info.name});
  }
  int votes = 0;
  for (const Standing& one : standings) votes += votes_of(one);
  const std::vector<std::string> prompts = prompts_for(info);
  const std::uint64_t dice = chance();
  Store::ComparisonRow row{fmt::format("{:016x}", chance()), name.name,       settings_json(preset),
                           settings_json(way->settings),     (dice & 1) != 0, {}};
  value_or_throw(store.save_comparison(row));
  Comparison out{row.id, name.name, prompt, (dice >> 1) & 0xffffffff, preset, way->settings};
  if (prompt.empty()) out.prompt = prompts[static_cast<std::size_t>(votes) % prompts.size()];
  if (!row.preset_first) std::swap(out.a, out.b);
  return out;
}

VoteTold vote_with(Engine& engine, const std::string& id, Better better, const std::filesystem::path& home) {
  Store store(home_of_tuning(home));
  const auto row = value_or_throw(store.comparison(id));
  if (!row) fail(ErrorCode::not_found, "there is no comparison \"{}\"", id);
  const bool for_preset = (better == Better::a) == row->preset_first;
  const char* what = better == Better::neither ? "neither" : for_preset ? "preset" : "challenger";
  require(value_or_throw(store.vote(id, what)), "comparison: {} has its vote already", id);

  VoteTold out;
  out.preset_was_a = row->preset_first;
  const Checkpoint checkpoint = value_or_throw(engine.open(row->model));
  const ModelInfo& info = checkpoint.info();
  out.preset = preset_of(info);
  const AtLevel then = settings_of(row->preset), other = settings_of(row->challenger);
  const Standing standing = standing_of(value_or_throw(store.comparisons(row->model)), then, other);
  // Not where the preset has become another meanwhile: these two were not compared with it.
  if (then == out.preset && standing.better - standing.worse >= kVotesAhead) {
    std::map<Level, AtLevel> levels = info.recommended->levels;
    for (const Level level : {Level::best, Level::fast}) {
      if (levels.contains(level)) continue;
      const Recommended ruled = at_level(*info.recommended, level);
      levels[level] = {ruled.sampler, ruled.scheduler, ruled.steps, ruled.cfg_scale};
    }
    levels[Level::balanced] = other;
    save_tuned(levels, identify(info, store), store);
    out.moved = true;
    out.preset = other;
  }
  out.standings = standings_of(store, row->model, out.preset);
  return out;
}

}  // namespace

Result<Comparison> next_comparison(const Checkpoint& checkpoint, const std::string& prompt,
                                   const std::filesystem::path& home) {
  return catch_errors([&] { return next_with(checkpoint, prompt, home); });
}

Result<VoteTold> vote(Engine& engine, const std::string& id, Better better, const std::filesystem::path& home) {
  return catch_errors([&] { return vote_with(engine, id, better, home); });
}

}  // namespace pxf
