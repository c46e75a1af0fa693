#include "text/prompt_schedule.h"

#include <algorithm>
#include <cstddef>
#include <set>

#include "base/error.h"
#include "text/prompt_options.h"
#include "text/prompt_scan.h"

namespace pxf {
namespace {

/// What says which option of a place holds at a step.
struct Choice {
  TextOptions text;
  std::string_view when;  // empty: one option a step, else the first until then and the second after
  int last_step = 0;      // of the first option, once known
};

// Finds the choices of a prompt. A bracket pair is well formed when all in it is; so whatever is not makes text of all
// brackets that are open around it, and those inside are choices still.
class ScheduleParser {
 public:
  explicit ScheduleParser(std::string_view prompt) : prompt_(prompt) {}

  /// In the order of the text; none when it is not of the grammar.
  std::optional<std::vector<Choice>> choices();

 private:
  struct Open {
    std::size_t at, first_mark;
  };

  void close(std::size_t at);
  bool close_round(const std::vector<std::size_t>& marks) const;
  bool close_square(TextRange place, const std::vector<std::size_t>& marks);

  std::string_view prompt_;
  std::vector<Open> open_;
  std::vector<std::size_t> marks_;  // the places of : and | directly inside the open brackets, outermost first
  std::vector<Choice> found_;
  std::size_t bars_ = 0;  // in no choice yet
};

std::optional<std::vector<Choice>> ScheduleParser::choices() {
  for (std::size_t at = 0; at < prompt_.size(); ++at) {
    switch (prompt_[at]) {
      case '\\':
        if (++at == prompt_.size() || prompt_[at] == '\n') return {};
        break;
      case '(':
      case '[': open_.push_back({at, marks_.size()}); break;
      case ')':
      case ']': close(at); break;
      case '|': ++bars_; [[fallthrough]];
      case ':': marks_.push_back(at); break;
      default: break;
    }
  }
  if (bars_ > 0) return {};
  std::sort(found_.begin(), found_.end(),
            [](const Choice& a, const Choice& b) { return a.text.place.begin < b.text.place.begin; });
  return std::move(found_);
}

void ScheduleParser::close(std::size_t at) {
  const char opening = prompt_[at] == ')' ? '(' : '[';
  bool well_formed = false;
  if (!open_.empty() && prompt_[open_.back().at] == opening) {
    const auto first = marks_.begin() + static_cast<std::ptrdiff_t>(open_.back().first_mark);
    const std::vector<std::size_t> marks(first, marks_.end());
    well_formed = opening == '(' ? close_round(marks) : close_square({open_.back().at, at + 1}, marks);
    marks_.erase(first, marks_.end());
    open_.pop_back();
  }
  if (!well_formed) {
    open_.clear();
    marks_.clear();
  }
}

bool ScheduleParser::close_round(const std::vector<std::size_t>& marks) const {
  return marks.empty() || (marks.size() == 1 && prompt_[marks[0]] == ':');
}

bool ScheduleParser::close_square(TextRange place, const std::vector<std::size_t>& marks) {
  if (marks.empty()) return true;  // A1111's lesser attention: text here
  const auto bars = std::count_if(marks.begin(), marks.end(), [&](std::size_t at) { return prompt_[at] == '|'; });
  Choice choice{{place, {}}, {}};
  std::vector<TextRange>& options = choice.text.options;
  std::size_t begin = place.begin + 1;
  for (const std::size_t mark : marks) {
    options.push_back({begin, mark});
    begin = mark + 1;
  }
  const TextRange last{begin, place.end - 1};
  if (bars == std::ssize(marks)) {
    options.push_back(last);
    bars_ -= marks.size();
  } else {
    choice.when = without_leading_space(without_trailing_space(prompt_.substr(begin, last.end - begin)));
    if (bars > 0 || marks.size() > 2 || !decimal_number(choice.when)) return false;
    if (marks.size() == 1) options.insert(options.begin(), {begin, begin});
  }
  found_.push_back(std::move(choice));
  return true;
}

int last_step(std::string_view when, const ScheduleSteps& steps) {
  const int count = steps.count();
  const double number = decimal_number(when).value_or(0);
  const bool second_pass = steps.hires_steps && !steps.old_rule;
  double step = 0;
  if (steps.old_rule) {
    step = number < 1 ? number * count : number;
  } else if (when.find('.') != when.npos) {
    step = (number - (second_pass ? 1.0 : 0.0)) * count;
  } else {
    step = number - (second_pass ? steps.steps : 0);
  }
  return static_cast<int>(std::clamp(step, -1.0, static_cast<double>(count)));
}

std::size_t option_at(int step, const Choice& choice) {
  if (!choice.when.empty()) return step <= choice.last_step ? 0 : 1;
  return static_cast<std::size_t>(step - 1) % choice.text.options.size();
}

}  // namespace

std::vector<ScheduledText> prompt_schedule(std::string_view prompt, const ScheduleSteps& steps) {
  const int count = steps.count();
  require(count >= 0, "[prompt schedule] steps: got {}, need 0 or more", count);
  auto choices = ScheduleParser(prompt).choices();
  if (!choices) return {{count, std::string(prompt)}};
  std::set<int> ends{count};
  bool alternates = false;
  for (Choice& choice : *choices) {
    alternates = alternates || choice.when.empty();
    choice.last_step = choice.when.empty() ? 0 : last_step(choice.when, steps);
    if (choice.last_step >= 1) ends.insert(choice.last_step);
  }
  for (int step = 1; alternates && step <= count; ++step) ends.insert(step);

  std::vector<TextOptions> places;
  for (const Choice& choice : *choices) places.push_back(choice.text);
  std::vector<ScheduledText> out;
  for (const int end : ends) {
    std::string& text = out.emplace_back(ScheduledText{end, {}}).text;
    for_each_piece(
        prompt, places, [&](std::size_t i) { return option_at(end, (*choices)[i]); },
        [&](std::string_view piece) { text += piece; });
  }
  return out;
}

}  // namespace pxf
