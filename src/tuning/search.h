// The search for good settings, as a program that asks for pictures and decides by what is measured of them: the same
// answers lead to the same end. Knows no engine, no files and no clock.
//
// 1. CFG scale: each is drawn with the settings that the search begins with. Of those that do not spoil the pictures,
//    the strongest at which the network still finds the prompt nearly as well as anywhere.
// 2. Sampler and schedule: successive halving (Karnin, Koren and Somekh 2013) by distance to pictures that are
//    converged, with more evaluations and more subjects in each round.
// 3. Steps: the whole curve for those that are left. A level takes the point at which twice the evaluations would bring
//    the picture nearer by less than its price.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pixelforge/tune.h"
#include "tuning/trial.h"

namespace pxf {

/// How much of the search is done.
struct Effort {
  std::string name;
  int subjects = 1;
  std::vector<double> cfgs;  // ascending; the first one is what the others' looks are held against
  int samplers = 1, schedulers = 1;
  std::vector<int> counts;  // of evaluations, ascending
  int finalists = 1;
  int reference_steps = 100;
};

/// The largest comes first.
const std::vector<Effort>& efforts();
/// What an effort asks for at most, in evaluations.
double cost_of(const Effort& effort, int start_steps, double evaluations_per_picture);

struct SearchStart {
  TrialMethod method;
  int steps = 20;
  double cfg_scale = 7;
};

/// The start itself, or where it gives no picture one that does; `notes` then tells. Throws Failure(bad_file) when none
/// does.
SearchStart usable_start(const SearchStart& start, const Measure& measure, std::vector<std::string>& notes);

/// What the mean distance between pictures without anything in common is at a CFG scale; see Measured.
using Unlikeness = std::function<Measured(double cfg_scale)>;
/// Told which part of the search comes next.
using OnPart = std::function<void(const char* doing)>;

/// Fills the report's findings: CFG scales, methods, levels, notes. Throws Failure: what `measure` does; bad_file when
/// no setting gives a picture.
void search(const Effort& effort, const SearchStart& start, const Measure& measure, const Unlikeness& unlikeness,
            const OnPart& on_part, TuneReport& report);

/// The trials by which a report can be illustrated, all of them measured by such a search.
Trial first_trial(const SearchStart& start, int subject);
Trial look_trial(const SearchStart& start, double cfg_scale, int subject);
Trial reference_trial(const Effort& effort, double cfg_scale, int subject);
Trial compare_trial(const TrialMethod& method, int evaluations, double cfg_scale, int subject);
int evaluations_per_step(const std::string& sampler);

}  // namespace pxf
