// What was kept and dropped before, as a bandit sees it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "choosing/reading.h"
#include "store/store.h"

namespace pxf {

/// What a prompt is remembered by, and how much: its plainest wishes, or that it has none.
using Occasions = std::vector<std::pair<std::string, double>>;
Occasions occasions_of(const Reading& wish);

/// The mean of the Beta posterior from -1 to 1, and a little more for models seldom tried at what others are tried
/// often (UCB1: Auer et al. 2002, "Finite-time Analysis of the Multiarmed Bandit Problem").
class Habits {
 public:
  explicit Habits(std::vector<Store::Habit> all);
  /// -1 to 1.
  double of(const Occasions& occasions, const std::string& model) const;

 private:
  double of(const std::string& intent, const std::string& model) const;

  std::map<std::string, double> tries_;
  std::map<std::pair<std::string, std::string>, Store::Habit> known_;  // by intent, and model in lower case
};

}  // namespace pxf
