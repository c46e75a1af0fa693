#include "choosing/reading.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <unordered_set>

namespace pxf {
namespace {

using namespace std::string_view_literals;

const std::unordered_set<std::string_view>& negating_words() {
  static const std::unordered_set<std::string_view> all{
      "not",    "no",      "non",     "without", "never", "isnt",  "arent", "avoid", "dont",  "shouldnt", "excluding",
      "except", "kein",    "keine",   "keinen",  "ohne",  "nicht", "san",   "sans",  "pas",   "sin",      "senza",
      "nein",   "nothing", "neither", "nor",     "minu",  "minus", "wont",  "nunca", "jamais"};
  return all;
}

// Where what was denied ends, and what is wanted begins.
const std::unordered_set<std::string_view>& turning_words() {
  static const std::unordered_set<std::string_view> all{"but",  "just", "only", "sondern", "mais",   "sino",
                                                        "pero", "aber", "more", "rather",  "instead"};
  return all;
}

// After them a word for a medium means a thing, or one who makes it.
const std::unordered_set<std::string_view>& things() {
  static const std::unordered_set<std::string_view> all{
      "figurine",  "figure",     "book",       "magazine", "shop",    "store",  "museum", "studio",     "gallery",
      "artist",    "painter",    "collection", "fan",      "expo",    "shelf",  "wall",   "convention", "cosplay",
      "cosplayer", "shirt",      "mug",        "class",    "teacher", "pad",    "tool",   "store",      "statue",
      "collector", "exhibition", "festival",   "stand",    "stall",   "volume", "reader", "themed",     "theme"};
  return all;
}

// What follows them, goods or a dish, is somebody's in the picture, and not what the picture is for.
const std::unordered_set<std::string_view>& using_words() {
  static const std::unordered_set<std::string_view> all{
      "wearing", "wear",   "holding", "hold",   "carrying", "carry", "eating", "eat",     "drinking", "drink",
      "riding",  "ride",   "selling", "buying", "stealing", "steal", "lost",   "tragt",   "halt",     "portant",
      "porte",   "tenant", "mange",   "isst",   "llevando", "lleva", "come",   "comiendo"};
  return all;
}

const std::unordered_set<std::string_view>& common_words() {
  static const std::unordered_set<std::string_view> all{
      "a",     "an",    "the",     "of",        "in",          "on",      "at",      "to",     "and",    "or",
      "with",  "by",    "for",     "from",      "is",          "it",      "its",     "as",     "that",   "this",
      "are",   "be",    "i",       "me",        "my",          "we",      "you",     "your",   "his",    "her",
      "their", "he",    "she",     "they",      "very",        "really",  "some",    "please", "make",   "draw",
      "want",  "need",  "picture", "image",     "style",       "quality", "best",    "high",   "detail", "detailed",
      "good",  "great", "nice",    "beautiful", "masterpiece", "ultra",   "8k",      "4k",     "hd",     "hdr",
      "like",  "into",  "over",    "under",     "one",         "two",     "three",   "small",  "big",    "large",
      "der",   "die",   "da",      "das",       "ein",         "eine",    "einer",   "einem",  "im",     "am",
      "und",   "mit",   "von",     "auf",       "fur",         "zu",      "la",      "le",     "de",     "del",
      "el",    "un",    "una",     "une",       "et",          "y",       "en",      "con",    "du",     "au",
      "while", "all",   "just",    "photo",     "art",         "look",    "looking", "look"};
  return all;
}

constexpr std::array kArticles{"a"sv, "an"sv, "the"sv, "in"sv, "on"sv, "at"sv, "with"sv};

// Two voices for the same are surer than one.
double both(double a, double b) { return 1 - (1 - a) * (1 - b); }

Reading empty_reading(const Lexicon& lexicon) {
  const std::size_t count = lexicon.intents().size();
  return {std::vector<double>(count, 0), std::vector<std::string>(count), std::vector<bool>(count)};
}

// What is said for each intent, and what against it.
class Voices {
 public:
  explicit Voices(const Lexicon& lexicon) : for_(empty_reading(lexicon)), against_(for_) {}

  void take(std::size_t intent, double weight, bool is_denied, const std::string& words, bool plainly) {
    Reading& side = is_denied ? against_ : for_;
    if (plainly) side.plainly[intent] = true;
    if (weight > side.weight[intent] || side.by[intent].empty()) side.by[intent] = words;
    side.weight[intent] = both(side.weight[intent], weight);
  }
  bool has(std::size_t intent, double weight) const { return for_.weight[intent] >= weight; }
  // The stronger side holds, and what is asked for where both are as strong: "no lineart like the last version" in a
  // card does not undo its title, nor "no speech bubbles" a comic.
  Reading outcome() const {
    Reading out = for_;
    for (std::size_t i = 0; i < out.weight.size(); ++i) {
      if (against_.weight[i] <= out.weight[i]) continue;
      out.weight[i] = -against_.weight[i];
      out.by[i] = against_.by[i];
      out.plainly[i] = against_.plainly[i];
    }
    return out;
  }

 private:
  Reading for_, against_;
};

// Goes through a text once, telling of each place whether it is denied.
class TextReader {
 public:
  TextReader(const Lexicon& lexicon, std::string_view text)
      : lexicon_(lexicon), words_(words_of(text)), of_use_{lexicon.find("product"), lexicon.find("food")} {}

  std::span<const Word> words() const { return words_; }
  bool is_denied(std::size_t at) const { return denied_[at]; }

  void read(Voices& into, double trust) {
    find_denials();
    std::vector<std::pair<std::size_t, Lexicon::Match>> found;
    for (std::size_t at = 0; at < words_.size();) {
      const Lexicon::Match match = lexicon_.longest_at(words_, at);
      if (!words_[at].quoted && !match.means.empty()) found.emplace_back(at, match);
      at += std::max<std::size_t>(1, match.words);
    }
    for (const auto& [at, match] : found) take(into, match, at, trust, false);
    for (const auto& [at, match] : found) take(into, match, at, trust, true);
  }

 private:
  // First what words mean alone, then what they mean beside something else that is asked.
  void take(Voices& into, const Lexicon::Match& match, std::size_t at, double trust, bool beside) {
    const std::string typed = typed_words(at, match.words);
    for (const Lexicon::Meaning& meaning : match.means) {
      if (meaning.beside.has_value() != beside || meaning.weight == 0) continue;
      if (beside && !into.has(*meaning.beside, kAsked * trust)) continue;
      double weight = std::abs(meaning.weight) * trust;
      const bool is_thing = is_a_thing(meaning, at, match.words);
      if (is_thing) weight *= kOfAThing;
      const bool is_denied = denied_[at] != (meaning.weight < 0);
      into.take(meaning.intent, weight * match.sureness, is_denied, typed, meaning.weight == 1 && !is_thing);
    }
  }

  // "manga" in "girl reading a manga" is none for the picture; in "manga girl", "cute girl, manga" and "manga of a
  // girl" it is.
  bool is_a_thing(const Lexicon::Meaning& meaning, std::size_t at, std::size_t count) const {
    const std::size_t after = at + count;
    const bool ends = after >= words_.size() || words_[after].segment != words_[at].segment;
    const bool is_medium = lexicon_.intents()[meaning.intent].is_medium;
    if (!ends && is_medium && things().contains(words_[after].text)) return true;
    if (std::ranges::find(of_use_, meaning.intent) != of_use_.end() && is_used(at)) return true;
    if (!meaning.may_be_a_thing) return false;
    const std::size_t before = at - begin_of_segment(at);
    if (ends) return before > kHead;
    const std::string& next = words_[after].text;
    if (words_[after - 1].text == "of" || next == "of" || next == "style" || next == "styled") return false;
    return before > kHead || std::ranges::find(kArticles, next) != kArticles.end();
  }

  bool is_used(std::size_t at) const {
    const std::size_t begin = std::max(begin_of_segment(at), at - std::min(at, kOwn));
    return std::any_of(words_.begin() + static_cast<std::ptrdiff_t>(begin),
                       words_.begin() + static_cast<std::ptrdiff_t>(at),
                       [](const Word& word) { return using_words().contains(word.text); });
  }

  std::size_t begin_of_segment(std::size_t at) const {
    while (at > 0 && words_[at - 1].segment == words_[at].segment) --at;
    return at;
  }

  std::string typed_words(std::size_t at, std::size_t count) const {
    std::string out;
    for (std::size_t i = at; i < at + count; ++i) out += (out.empty() ? "" : " ") + words_[i].typed;
    return out;
  }

  // A denial reaches to the end of its segment, or to the word that turns it round. Phrases of the lexicon that begin
  // with such a word ("no shading") are none. "Negative: photo, 3d" denies the rest of its line.
  void find_denials() {
    denied_.assign(words_.size(), false);
    bool denies = false, denies_line = false;
    for (std::size_t at = 0; at < words_.size(); ++at) {
      const Word& word = words_[at];
      const bool is_new = at > 0 && words_[at - 1].segment != word.segment;
      if (is_new || turning_words().contains(word.text)) denies = false;
      const bool compares = at > 0 && ((word.text == "of" && words_[at - 1].text == "instead") ||
                                       (word.text == "than" && words_[at - 1].text == "rather"));
      if (compares || (negating_words().contains(word.text) && lexicon_.longest_at(words_, at).words < 2)) {
        denies = true;
      }
      if (at > 0 && words_[at - 1].line != word.line) denies_line = false;
      denied_[at] = denies || denies_line;
      denies_line = denies_line || heads_a_negative_prompt(at);
    }
  }

  bool heads_a_negative_prompt(std::size_t at) const {
    const auto is = [&](std::size_t i, std::string_view text) { return words_[i].text == text; };
    const bool heads = is(at, "negative") || is(at, "neg") || (at > 0 && is(at, "prompt") && is(at - 1, "negative"));
    return heads && at + 1 < words_.size() && words_[at + 1].segment != words_[at].segment;
  }

  static constexpr double kOfAThing = 0.2;
  static constexpr double kAsked = 0.5;    // from which on something is asked for that other words are read beside
  static constexpr std::size_t kOwn = 3;   // words between "wearing" and what is worn
  static constexpr std::size_t kHead = 3;  // words of a segment that may stand before it: "a cute little manga …"

  const Lexicon& lexicon_;
  std::vector<Word> words_;
  std::array<std::size_t, 2> of_use_;
  std::vector<bool> denied_;
};

void find_terms(const TextReader& reader, PromptReading& out) {
  std::span<const Word> words = reader.words();
  std::string before, before_that;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool joins = i > 0 && words[i - 1].segment == words[i].segment;
    if (!joins) before = before_that = {};
    if (reader.is_denied(i)) continue;
    const std::string& word = words[i].typed;
    if (!before.empty()) out.phrases.push_back(before + " " + word);
    if (!before.empty() && !before_that.empty()) out.phrases.push_back(before_that + " " + before + " " + word);
    before_that = before;
    before = word;
    const bool is_common = common_words().contains(words[i].text) || word.size() < 2;
    if (!is_common && !words[i].quoted && std::ranges::find(out.terms, word) == out.terms.end())
      out.terms.push_back(word);
  }
}

}  // namespace

double Reading::strongest() const {
  return weight.empty() ? 0 : std::max(0.0, *std::max_element(weight.begin(), weight.end()));
}

namespace {

// Who asks for a portrait asks for a photo as well, where no model is made for portraits.
void add_wider(const Lexicon& lexicon, Reading& wish) {
  constexpr double kWider = 0.6;
  for (std::size_t i = 0; i < wish.weight.size(); ++i) {
    const auto wider = lexicon.intents()[i].within;
    if (!wider || wish.weight[i] <= 0 || wish.weight[*wider] < 0) continue;
    double& known = wish.weight[*wider];
    if (wish.by[*wider].empty()) wish.by[*wider] = wish.by[i];
    known = std::max(known, kWider * wish.weight[i]);
  }
}

}  // namespace

PromptReading read_prompt(const Lexicon& lexicon, std::string_view prompt, std::string_view negative) {
  PromptReading out;
  Voices voices(lexicon);
  TextReader reader(lexicon, prompt);
  reader.read(voices, 1);
  find_terms(reader, out);

  constexpr double kQuoted = 0.9;
  const std::size_t text = lexicon.find("text");
  const auto quoted = std::ranges::find(reader.words(), true, &Word::quoted);
  if (quoted != reader.words().end() && text < lexicon.intents().size())
    voices.take(text, kQuoted, false, "\"" + quoted->typed + "\"", true);
  out.wish = voices.outcome();
  add_wider(lexicon, out.wish);

  // A negative prompt is often a list for every occasion ("cartoon, 3d, text"): it speaks against media, and softly.
  constexpr double kNegative = 0.6;
  const Reading unwanted = read_text(lexicon, negative, kNegative);
  for (std::size_t i = 0; i < unwanted.weight.size(); ++i) {
    if (unwanted.weight[i] > 0 && lexicon.intents()[i].is_medium) {
      out.wish.weight[i] -= unwanted.weight[i];
      if (out.wish.by[i].empty()) out.wish.by[i] = unwanted.by[i];
    }
  }
  return out;
}

Reading read_text(const Lexicon& lexicon, std::string_view text, double trust) {
  Voices voices(lexicon);
  TextReader(lexicon, text).read(voices, trust);
  return voices.outcome();
}

void add(Reading& into, const Reading& other) {
  for (std::size_t i = 0; i < into.weight.size(); ++i) {
    double& weight = into.weight[i];
    const double more = other.weight[i];
    if (into.by[i].empty() || std::abs(more) > std::abs(weight)) into.by[i] = other.by[i];
    if (other.plainly[i]) into.plainly[i] = true;
    const bool agree = weight >= 0 && more >= 0;
    weight = agree ? both(weight, more) : std::abs(weight) >= std::abs(more) ? weight : more;
  }
}

}  // namespace pxf
