// A1111's prompt editing: "a [cat:dog:0.5] in [red|blue]", a prompt that changes from step to step.
//   [from:to:when]  [to:when]  [from::when]    `from` up to and including step `when`, then `to`
//   [a|b|c]                                    one after the other, a step each; any of them may be empty
// `when` with a point is a share of the steps, without one a step; in a second (hires) pass the shares go from 1.0
// to 2.0 and the steps go on counting. Brackets nest, round ones too; \[ \] \( \) \: \| are text. What is not one of
// these forms is text, but a | outside them, or a backslash with nothing after it, makes text of the whole prompt. As
// A1111 1.10's prompt_parser does it. Pure function; any bytes. Takes linear time for each text it gives.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pxf {

struct ScheduleSteps {
  int steps = 20;
  std::optional<int> hires_steps = {};  // set: the schedule of the second pass, which has so many steps
  bool old_rule = false;                // A1111 before 1.6: any `when` below 1 is a share, and all passes are the first

  /// Of the pass that is meant.
  int count() const { return hires_steps && !old_rule ? *hires_steps : steps; }
};

/// The text of a prompt for the steps up to and including `end_step`, the first step being 1.
struct ScheduledText {
  int end_step = 0;
  std::string text;
  bool operator==(const ScheduledText&) const = default;
};

/// At least one text; the last one's end_step is the number of steps.
/// Throws invalid_argument for less than no steps.
std::vector<ScheduledText> prompt_schedule(std::string_view prompt, const ScheduleSteps& steps);

}  // namespace pxf
