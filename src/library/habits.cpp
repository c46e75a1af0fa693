#include "library/habits.h"

#include <algorithm>
#include <cmath>

#include "base/lower_case.h"

namespace pxf {
Occasions occasions_of(const Reading& wish) {
  constexpr double kPlain = 0.5;
  Occasions out;
  const auto intents = Lexicon::embedded().intents();
  for (std::size_t i = 0; i < intents.size(); ++i) {
    if (wish.weight[i] >= kPlain) out.emplace_back(intents[i].name, wish.weight[i]);
  }
  if (out.empty()) out.emplace_back("anything", 1);
  return out;
}

Habits::Habits(std::vector<Store::Habit> all) {
  for (Store::Habit& one : all) {
    tries_[one.intent] += one.kept + one.dropped;
    const std::pair key{one.intent, in_lower_case(one.model)};
    known_[key] = std::move(one);
  }
}

double Habits::of(const Occasions& occasions, const std::string& model) const {
  double sum = 0, weights = 0;
  for (const auto& [intent, weight] : occasions) {
    sum += weight * of(intent, in_lower_case(model));
    weights += weight;
  }
  return weights > 0 ? std::clamp(sum / weights, -1.0, 1.0) : 0;
}

double Habits::of(const std::string& intent, const std::string& model) const {
  constexpr double kExplores = 0.15, kEnoughTries = 5;
  const auto all = tries_.find(intent);
  if (all == tries_.end()) return 0;
  const auto found = known_.find({intent, model});
  const double kept = found == known_.end() ? 0 : found->second.kept;
  const double tries = found == known_.end() ? 0 : kept + found->second.dropped;
  const double mean = 2 * (kept + 1) / (tries + 2) - 1;
  return all->second < kEnoughTries ? mean : mean + kExplores * std::sqrt(std::log(all->second) / (tries + 1));
}

}  // namespace pxf
