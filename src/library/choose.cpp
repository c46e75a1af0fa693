#include "pixelforge/choose.h"

#include <algorithm>
#include <cmath>

#include "choosing/rank.h"
#include "library/candidates.h"
#include "library/habits.h"
#include "library/likeness.h"
#include "pixelforge/library.h"

namespace pxf {
namespace {

std::vector<Support> supports_of(LibraryState& state, const ChooseRequest& request, const Wish& wish,
                                 const Candidates& candidates, std::vector<std::string>& notices) {
  std::vector<Support> out(candidates.checkpoints.size());
  const std::vector<double> like = likenesses(state, request.prompt, candidates, notices);
  for (std::size_t i = 0; i < like.size(); ++i) out[i].likeness = like[i];
  for (const auto& [model, score] : value_or_throw(state.store.match_words(wish.prompt.terms))) {
    const auto found = candidates.by_model.find(model);
    if (found != candidates.by_model.end()) out[found->second].words = score;
  }
  if (!request.by_habit || !value_or_throw(state.store.heeds_habits())) return out;
  const Habits habits(value_or_throw(state.store.habits(request.who)));
  const auto occasions = occasions_of(wish.prompt.wish);
  for (std::size_t i = 0; i < out.size(); ++i) out[i].habit = habits.of(occasions, candidates.checkpoints[i].name);
  return out;
}

std::vector<std::string> asked_for(const Reading& wish) {
  constexpr double kWorthSaying = 0.3;
  std::vector<std::pair<double, std::string>> sorted;
  const auto intents = Lexicon::embedded().intents();
  for (std::size_t i = 0; i < intents.size(); ++i) {
    const double weight = wish.weight[i];
    if (std::abs(weight) < kWorthSaying) continue;
    sorted.emplace_back(std::abs(weight),
                        fmt::format("{}{} ({})", weight < 0 ? "not " : "", intents[i].name, wish.by[i]));
  }
  std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> out;
  for (auto& [weight, text] : sorted) out.push_back(std::move(text));
  return out;
}

// A LoRA that the prompt brings along needs no proposal.
bool is_in_prompt(const std::string& prompt, const std::string& name) {
  return prompt.find("<lora:" + name + ":") != prompt.npos || prompt.find("<lora:" + name + ">") != prompt.npos;
}

Choice choice_of(Library& library, const ChooseRequest& request, const Wish& wish, const Candidates& candidates,
                 const std::vector<Rated>& rated) {
  Choice out;
  for (const Rated& one : rated) {
    out.scores.push_back({candidates.checkpoints[one.profile].name, one.score, one.intent, one.general, one.words,
                          one.habit, one.likeness, one.size, one.strength, one.in_memory, one.why});
  }
  out.checkpoint = out.scores[0].checkpoint;
  out.why = out.scores[0].why;
  out.asked = asked_for(wish.prompt.wish);
  const std::string& family = candidates.checkpoints[rated[0].profile].family;
  for (const RatedLora& one : fitting_loras(Lexicon::embedded(), wish, candidates.loras, family)) {
    const std::string& name = candidates.loras[one.profile].name;
    if (is_in_prompt(request.prompt, name)) continue;
    const LoraInfo about = value_or_throw(library.show(name)).info.lora.value_or(LoraInfo());
    out.loras.push_back({name, about.preferred_strength.value_or(1), one.why});
  }
  return out;
}

}  // namespace

Result<Choice> Library::choose(const ChooseRequest& request) {
  return catch_errors([&] {
    Wish wish;
    wish.prompt = read_prompt(Lexicon::embedded(), request.prompt, request.negative);
    wish.width = request.width;
    wish.height = request.height;
    wish.commercial = request.commercial;
    const Candidates candidates = gather_candidates(*state_, request.among);
    std::vector<std::string> notices;
    const std::vector<Support> supports = supports_of(*state_, request, wish, candidates, notices);
    const std::vector<Rated> rated = rank(Lexicon::embedded(), wish, candidates.checkpoints, supports);
    if (rated.empty()) {
      fail(ErrorCode::not_found, "there is no checkpoint to choose{}; import or pull one",
           request.commercial && !candidates.checkpoints.empty() ? " whose licence plainly allows commercial use" : "");
    }
    Choice choice = choice_of(*this, request, wish, candidates, rated);
    choice.notices = std::move(notices);
    return choice;
  });
}

Status Library::learn(const std::string& prompt, const std::string& checkpoint, bool kept, const std::string& who) {
  const auto heeds = state_->store.heeds_habits();
  if (!heeds) return heeds.error();
  if (!heeds.value()) return Done{};
  const PromptReading reading = read_prompt(Lexicon::embedded(), prompt, {});
  for (const auto& [intent, weight] : occasions_of(reading.wish)) {
    if (Status noted = state_->store.note_habit(who, {intent, checkpoint, kept ? weight : 0, kept ? 0 : weight});
        !noted)
      return noted;
  }
  return Done{};
}

Status Library::forget_habits(const std::string& who) { return state_->store.forget_habits(who); }

Status Library::liken_by(const std::string& checkpoint, const CancelToken* cancel) {
  return catch_errors([&] {
    if (!checkpoint.empty())
      read_all_texts(*state_, checkpoint, gather_candidates(*state_, {}), cancel);
    else
      value_or_throw(state_->store.liken_by({}));
    return Done{};
  });
}

Status Library::heed_habits(bool heeds) { return state_->store.heed_habits(heeds); }

namespace {

std::vector<GoodFor> worth_saying(const ProfileText& text) {
  constexpr double kWorthSaying = 0.4;
  const Reading reading = read_profile(Lexicon::embedded(), text);
  std::vector<GoodFor> out;
  for (std::size_t i = 0; i < reading.weight.size(); ++i) {
    const std::string& name = Lexicon::embedded().intents()[i].name;
    if (std::abs(reading.weight[i]) >= kWorthSaying)
      out.push_back({name == "general" ? "general use" : name, reading.weight[i]});
  }
  std::ranges::stable_sort(out, std::greater{}, &GoodFor::weight);
  return out;
}

}  // namespace

std::vector<GoodFor> good_for(const ModelInfo& model) { return worth_saying(profile_text_of(model, {})); }

std::vector<GoodFor> good_for(const LibraryModel& model) {
  if (model.entry.path.empty()) return worth_saying(profile_text_of(model.info, model.set));
  const auto set = model.set.find("good_for");
  return worth_saying(profile_text_of(model.entry.name, model.info, model.entry.trigger_words,
                                      set == model.set.end() ? std::string() : set->second, model.trained_on));
}

}  // namespace pxf
