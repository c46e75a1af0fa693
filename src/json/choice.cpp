#include "json/choice.h"

#include <algorithm>

namespace pxf {
namespace {

Json score_json(const ChoiceScore& one) {
  return {{"checkpoint", one.checkpoint},
          {"score", one.score},
          {"why", one.why},
          {"parts",
           {{"intent", one.intent},
            {"general", one.general},
            {"words", one.words},
            {"habit", one.habit},
            {"likeness", one.likeness},
            {"size", one.size},
            {"strength", one.strength},
            {"in_memory", one.in_memory}}}};
}

}  // namespace

Json to_json(const Choice& choice, std::size_t most) {
  Json loras = Json::array(), scores = Json::array();
  for (const ChosenLora& one : choice.loras)
    loras.push_back({{"name", one.name}, {"strength", one.strength}, {"why", one.why}});
  for (std::size_t i = 0; i < std::min(most, choice.scores.size()); ++i) scores.push_back(score_json(choice.scores[i]));
  return {{"checkpoint", choice.checkpoint}, {"why", choice.why}, {"loras", loras},
          {"asked", choice.asked},           {"scores", scores},  {"notices", choice.notices}};
}

Json to_json(const std::vector<GoodFor>& good_for) {
  Json out = Json::array();
  for (const GoodFor& one : good_for) out.push_back({{"what", one.what}, {"weight", one.weight}});
  return out;
}

}  // namespace pxf
