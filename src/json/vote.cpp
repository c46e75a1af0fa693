#include "json/vote.h"

namespace pxf {

Json to_json(const Recommended::AtLevel& settings) {
  return {{"sampler", settings.sampler},
          {"scheduler", settings.scheduler},
          {"steps", settings.steps},
          {"cfg_scale", settings.cfg_scale}};
}

Json to_json(const VoteTold& told) {
  Json standings = Json::array();
  for (const Standing& one : told.standings) {
    standings.push_back(
        {{"settings", to_json(one.settings)}, {"better", one.better}, {"worse", one.worse}, {"equal", one.equal}});
  }
  return {{"preset_was", told.preset_was_a ? "a" : "b"},
          {"moved", told.moved},
          {"preset", to_json(told.preset)},
          {"standings", standings},
          {"votes_ahead", kVotesAhead}};
}

}  // namespace pxf
