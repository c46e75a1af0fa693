#include "choosing/rank.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "base/trimmed.h"

namespace pxf {
namespace {

// The parts of a score. Found by hand on the training half of bench/choose.
constexpr double kIntent = 1.0;          // of a profile that is for just what is asked
constexpr double kGeneral = 0.42;        // of a general profile, when nothing in particular is asked
constexpr double kGeneralBeside = 0.18;  // of one when something is
constexpr double kWords = 0.22;          // of texts that have all of the prompt's words
constexpr double kWordsHalf = 5;         // the BM25 score that earns half of them
constexpr double kHabit = 0.3;
constexpr double kLikeness = 0.1;   // less than a plain wish, more than what decides between equals
constexpr double kSize = 0.1;       // each doubling of the area, away from the profile's own
constexpr double kStrength = 0.03;  // each doubling of the parameters
constexpr double kInMemory = 0.01;  // decides between equals
constexpr double kSure = 0.8;       // weight from which a wish is no guess any more
constexpr double kHintBesidePlain = 0.35, kSubjectOfDrawn = 0.45, kBesideText = 0.6;  // what is left of them
constexpr double kTooNarrow = 0.3;    // lost by a profile for something narrower than what is asked
constexpr double kAskedEnough = 0.6;  // weight from which on the narrower is asked for too

// What none of the profiles is for tells none of them from another.
std::vector<double> what_is_offered(const Reading& wish, std::span<const Profile> profiles) {
  constexpr double kOffered = 0.25;
  std::vector<double> out(wish.weight.size(), 0);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto offers = [&](const Profile& profile) { return profile.is_for.weight[i] >= kOffered; };
    if (wish.weight[i] < 0 || std::ranges::any_of(profiles, offers)) out[i] = wish.weight[i];
  }
  return out;
}

constexpr double kPlain = 0.5, kSurely = 0.9;

// The media that are named; failing that, the one that many hints together leave no doubt of ("1girl, solo, blush").
std::vector<bool> plain_media(const Lexicon& lexicon, const Reading& wish, std::span<const double> asked) {
  std::vector<bool> out(asked.size(), false);
  std::size_t surest = asked.size();
  bool any = false;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!lexicon.intents()[i].is_medium) continue;
    if (surest == asked.size() || asked[i] > asked[surest]) surest = i;
    out[i] = wish.plainly[i] && asked[i] > kPlain;
    any = any || out[i];
  }
  if (!any && surest < asked.size()) out[surest] = asked[surest] >= kSurely;
  return out;
}

// A medium that is asked for plainly speaks against others that are only hinted at ("lineart, 1girl"), and, unless it
// shows things as they are, against what the picture shows ("isometric office"). Words that shall be read speak
// against everything else.
std::vector<double> without_rivals(const Lexicon& lexicon, const Reading& wish, std::vector<double> out) {
  const std::vector<bool> plain = plain_media(lexicon, wish, out);
  const std::size_t text = lexicon.find("text");
  const std::array shows_things{lexicon.find("photo"), lexicon.find("concept art"), lexicon.find("illustration")};
  bool any = false, drawn = false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    any = any || plain[i];
    drawn = drawn || (plain[i] && std::ranges::find(shows_things, i) == shows_things.end());
  }
  const bool is_read = text < out.size() && plain[text];
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] <= 0 || i == text) continue;
    if (plain[i]) {
      if (is_read) out[i] *= kBesideText;
    } else if (lexicon.intents()[i].is_medium) {
      const std::optional<std::size_t>& wider = lexicon.intents()[i].within;
      if (any && !(wider && plain[*wider])) out[i] *= kHintBesidePlain;
    } else if (drawn) {
      out[i] *= kSubjectOfDrawn;
    }
  }
  return out;
}

// Of what is wished or offered; what is denied does not dilute it.
double length_of(std::span<const double> x, std::size_t without) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += i == without || x[i] < 0 ? 0 : x[i] * x[i];
  return std::sqrt(sum);
}

class Ranking {
 public:
  Ranking(const Lexicon& lexicon, const Wish& wish, std::span<const Profile> profiles)
      : lexicon_(lexicon),
        wish_(wish),
        general_(lexicon.find("general")),
        asked_(without_rivals(lexicon, wish.prompt.wish, what_is_offered(wish.prompt.wish, profiles))) {
    double strongest = 0;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (i != general_) strongest = std::max(strongest, asked_[i]);
    }
    sureness_ = std::min(1.0, strongest / kSure);
  }

  Rated operator()(const Profile& profile, const Support& support) const {
    Rated out;
    out.intent = kIntent * fit(profile.is_for);
    out.general = generalness(profile.is_for) * (kGeneral * (1 - sureness_) + kGeneralBeside * sureness_);
    out.words = kWords * support.words / (support.words + kWordsHalf);
    out.habit = kHabit * support.habit;
    out.likeness = kLikeness * support.likeness;
    out.size = size_part(profile);
    out.strength = profile.parameters > 0 ? kStrength * std::log2(profile.parameters) : 0;
    out.in_memory = profile.in_memory ? kInMemory : 0;
    out.score =
        out.intent + out.general + out.words + out.habit + out.likeness + out.size + out.strength + out.in_memory;
    out.why = why(profile, out);
    return out;
  }

 private:
  // The cosine between what is asked and what it is for, so far as something is asked.
  double fit(const Reading& is_for) const {
    const double asked = length_of(asked_, general_), offered = length_of(is_for.weight, general_);
    double meets = 0, offends = 0;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (i == general_) continue;
      const double share = asked_[i] * is_for.weight[i];
      if (asked_[i] > 0) meets += share;
      if (asked_[i] < 0 && share < 0) offends -= share;
    }
    // A model of which little is known is no specialist: its length counts as 1 at least.
    const double like = asked > 0 ? sureness_ * meets / (asked * std::max(1.0, offered)) : 0;
    return like * (1 - kTooNarrow * narrowness(is_for)) - offends / std::max(1.0, offered);
  }

  // How surely it is for something narrower that nobody asked for: food, where a photograph is asked for.
  double narrowness(const Reading& is_for) const {
    double out = 0;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      const std::optional<std::size_t>& within = lexicon_.intents()[i].within;
      if (!within || asked_[*within] <= 0) continue;
      out = std::max(out, is_for.weight[i] * (1 - std::min(1.0, std::max(0.0, asked_[i]) / kAskedEnough)));
    }
    return out;
  }

  // A model of which nothing is known may be for anything.
  double generalness(const Reading& is_for) const {
    constexpr double kUnknown = 0.7;
    if (general_ >= is_for.weight.size()) return 0;
    const double said = std::max(0.0, is_for.weight[general_]);
    const double known = std::min(1.0, length_of(is_for.weight, general_));
    return std::max(said, kUnknown * (1 - known));
  }

  double size_part(const Profile& profile) const {
    if (!wish_.width || !wish_.height || profile.width <= 0 || profile.height <= 0) return 0;
    const double asked = static_cast<double>(*wish_.width) * *wish_.height;
    const double own = static_cast<double>(profile.width) * profile.height;
    return asked <= 0 ? 0 : -kSize * std::abs(std::log2(asked / own));
  }

  std::string why(const Profile& profile, const Rated& rated) const {
    std::size_t best = asked_.size();
    const auto share = [&](std::size_t i) { return asked_[i] * profile.is_for.weight[i]; };
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (i != general_ && share(i) > 0.05 && (best == asked_.size() || share(i) > share(best))) best = i;
    }
    if (best < asked_.size() && rated.intent > 0)
      return fmt::format("made for {} (\"{}\")", lexicon_.intents()[best].name, wish_.prompt.wish.by[best]);
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      if (asked_[i] < 0 && profile.is_for.weight[i] <= 0.2)
        return fmt::format("not made for {}", lexicon_.intents()[i].name);
    }
    if (rated.habit > std::max(rated.words, rated.general)) return "its pictures of this kind were kept before";
    if (rated.words > rated.general) return "its description has words of the prompt";
    return rated.general > 0.1 ? "draws anything" : "the nearest there is";
  }

  const Lexicon& lexicon_;
  const Wish& wish_;
  std::size_t general_;
  std::vector<double> asked_;
  double sureness_ = 0;
};

constexpr double kProposes = 0.5;

// "neon sign, glow" as the phrases between its commas.
std::vector<std::string> between_commas(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string phrase;
    for (const Word& word : words_of(list.substr(0, end))) phrase += (phrase.empty() ? "" : " ") + word.typed;
    if (!phrase.empty()) out.push_back(std::move(phrase));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

// Words that many LoRAs have for a tag, and that no prompt means one by.
bool says_nothing(const std::string& tag) {
  static const std::set<std::string, std::less<>> all{
      "style", "art",      "character", "photography", "game",  "glow",   "concept", "anime",  "woman", "girl",
      "man",   "clothing", "tool",      "realistic",   "photo", "detail", "vintage", "window", "print", "xl"};
  return all.contains(tag);
}

// What things are made of anyway: only "made of glass" and "glass style" ask for a picture that is.
bool is_material(const std::string& tag) {
  static const std::set<std::string, std::less<>> all{
      "neon",  "clay", "wool",  "yarn",   "glass",  "paper", "wood", "metal",   "gold",   "stone", "ice",
      "smoke", "fire", "water", "chrome", "bronze", "felt",  "lego", "plastic", "mosaic", "marble"};
  return all.contains(tag);
}

bool is_asked_as_a_look(const PromptReading& prompt, const std::string& material) {
  constexpr std::array kAfter{"style", "styled", "look", "art", "craft", "sculpture", "figure", "figures", "effect"};
  const auto has = [&](const std::string& phrase) {
    return std::ranges::find(prompt.phrases, phrase) != prompt.phrases.end();
  };
  if (has("made of " + material) || has("made from " + material) || has("out of " + material)) return true;
  return std::ranges::any_of(kAfter, [&](const char* after) { return has(material + " " + after); });
}

// "papercraft" asks for "paper craft", and the other way round.
bool asks_for(const PromptReading& prompt, const std::string& phrase) {
  const auto joined = [](std::string text) {
    std::erase(text, ' ');
    return text;
  };
  const std::string wanted = joined(phrase);
  const auto is_it = [&](const std::string& words) { return joined(words) == wanted; };
  return std::ranges::any_of(prompt.terms, is_it) || std::ranges::any_of(prompt.phrases, is_it);
}

RatedLora rated(const Lexicon& lexicon, const Wish& wish, const Profile& lora) {
  constexpr double kOwnWord = 1, kPhrase = 0.9, kWord = 0.7, kLook = 0.8, kAsked = 0.6;
  const PromptReading& prompt = wish.prompt;
  RatedLora out;
  const auto take = [&](const std::string& words, double score) {
    if (score <= out.score) return;
    out.score = score;
    out.why = fmt::format("for \"{}\"", words);
  };
  for (const std::string& phrase : between_commas(lora.trigger_words)) {
    if (asks_for(prompt, phrase)) take(phrase, kOwnWord);
  }
  for (const std::string& tag : between_commas(lora.tags)) {
    const bool asked = is_material(tag) ? is_asked_as_a_look(prompt, tag) : !says_nothing(tag) && asks_for(prompt, tag);
    if (asked) take(tag, tag.find(' ') == tag.npos ? kWord : kPhrase);
  }
  for (std::size_t i = 0; i < lexicon.intents().size(); ++i) {
    if (lexicon.intents()[i].is_look && prompt.wish.weight[i] >= kAsked && lora.is_for.weight[i] >= kAsked)
      take(prompt.wish.by[i], kLook);
  }
  // What is denied is not asked for, whatever tag says it too.
  for (std::size_t i = 0; i < lexicon.intents().size(); ++i) {
    if (lexicon.intents()[i].is_look && prompt.wish.weight[i] < 0 && lora.is_for.weight[i] >= kAsked) out.score = 0;
  }
  return out;
}

}  // namespace

std::vector<Rated> rank(const Lexicon& lexicon, const Wish& wish, std::span<const Profile> profiles,
                        std::span<const Support> supports) {
  const Ranking rate(lexicon, wish, profiles);
  std::vector<Rated> out;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (wish.commercial && !profiles[i].may_be_sold) continue;
    out.push_back(rate(profiles[i], i < supports.size() ? supports[i] : Support{}));
    out.back().profile = i;
  }
  std::ranges::sort(out, [&](const Rated& a, const Rated& b) {
    return a.score != b.score ? a.score > b.score : profiles[a.profile].name < profiles[b.profile].name;
  });
  return out;
}

std::vector<RatedLora> fitting_loras(const Lexicon& lexicon, const Wish& wish, std::span<const Profile> loras,
                                     std::string_view family) {
  std::vector<RatedLora> out;
  for (std::size_t i = 0; i < loras.size(); ++i) {
    if (!family.empty() && loras[i].family != family) continue;
    if (wish.commercial && !loras[i].may_be_sold) continue;
    RatedLora one = rated(lexicon, wish, loras[i]);
    one.profile = i;
    if (one.score >= kProposes) out.push_back(std::move(one));
  }
  std::ranges::stable_sort(out, std::greater{}, &RatedLora::score);
  return out;
}

}  // namespace pxf
