#include "choosing/lexicon.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.h"
#include "base/trimmed.h"

// A zero ends it. The assembler finds the file from src/, by the include path.
asm(R"(
  .pushsection .rodata
  pxf_intents: .incbin "../assets/choosing/intents.txt"
  .byte 0
  .global pxf_intents
  .hidden pxf_intents
  .popsection
)");

extern "C" const char pxf_intents[];

namespace pxf {
namespace {

// FNV-1a, 64 bits: tells one version of the file from another.
std::uint64_t digest_of(std::string_view text) {
  std::uint64_t out = 14695981039346656037u;
  for (const char c : text) out = (out ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return out;
}

[[noreturn]] void refuse(std::string_view line, const char* need) {
  fail(ErrorCode::internal, "[lexicon] line: got \"{}\", need {}", line, need);
}

// What may follow a word and leave it the same.
bool is_ending(std::string_view rest) {
  constexpr std::array<std::string_view, 15> kEndings{"d",  "e", "ed", "en",   "es",   "ing",   "ish", "in",
                                                      "ly", "n", "s",  "like", "isch", "ische", "y"};
  return std::ranges::find(kEndings, rest) != kEndings.end();
}

}  // namespace

const Lexicon& Lexicon::embedded() {
  static const Lexicon lexicon{std::string_view(pxf_intents)};
  return lexicon;
}

Lexicon::Lexicon(std::string_view text) : version_(digest_of(text)) {
  phrases_.reserve(text.size() / 10);  // about as many as there are
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      intents_.push_back(intent_of(line));
      continue;
    }
    const std::size_t colon = std::min(line.find(':'), line.size());
    const Meaning meaning = meaning_of(line, line.substr(0, colon));
    for (std::string_view phrases = line.substr(std::min(colon + 1, line.size())); !phrases.empty();) {
      const std::size_t comma = std::min(phrases.find(','), phrases.size());
      add(phrases.substr(0, comma), meaning);
      phrases.remove_prefix(std::min(comma + 1, phrases.size()));
    }
  }
}

Intent Lexicon::intent_of(std::string_view line) const {
  constexpr const char* kNeed = "[name] medium, subject or look, perhaps \"within\" a name from above";
  constexpr std::string_view kWithin = " within ";
  const std::size_t close = line.find(']');
  if (close == line.npos) refuse(line, kNeed);
  const std::string_view rest = trimmed(line.substr(close + 1));
  const std::size_t within = std::min(rest.find(kWithin), rest.size());
  const std::string_view kind = rest.substr(0, within);
  if (kind != "medium" && kind != "subject" && kind != "look") refuse(line, kNeed);
  Intent out{std::string(line.substr(1, close - 1)), kind == "medium", kind == "look"};
  if (within == rest.size()) return out;
  out.within = find(rest.substr(within + kWithin.size()));
  if (*out.within >= intents_.size()) refuse(line, kNeed);
  return out;
}

// Of "~0.8 beside photo: words", what stands before the colon.
Lexicon::Meaning Lexicon::meaning_of(std::string_view line, std::string_view head) const {
  constexpr std::string_view kBeside = " beside ";
  Meaning out;
  out.may_be_a_thing = head.starts_with('~');
  if (out.may_be_a_thing) head.remove_prefix(1);
  const std::size_t beside = std::min(head.find(kBeside), head.size());
  const auto [stop, error] = std::from_chars(head.data(), head.data() + beside, out.weight);
  if (intents_.empty() || head.size() + 1 >= line.size() || error != std::errc{} || stop != head.data() + beside)
    refuse(line, "WEIGHT: words, words");
  out.intent = intents_.size() - 1;
  if (beside == head.size()) return out;
  out.beside = find(trimmed(head.substr(beside + kBeside.size())));
  if (*out.beside >= intents_.size()) refuse(line, "an intent from above after \"beside\"");
  return out;
}

void Lexicon::add(std::string_view phrase, const Meaning& meaning) {
  std::string key;
  const std::vector<Word> words = words_of(phrase);
  if (words.empty()) return;
  for (const Word& word : words) key += (key.empty() ? "" : " ") + word.text;
  std::vector<Meaning>& means = phrases_[key];
  const auto is_same = [&](const Meaning& m) { return m.intent == meaning.intent && m.beside == meaning.beside; };
  if (std::ranges::none_of(means, is_same)) means.push_back(meaning);
  std::size_t& longest = longest_from_[words[0].text];
  longest = std::max(longest, words.size());
}

std::size_t Lexicon::find(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::find(intents_, name, &Intent::name) - intents_.begin());
}

Lexicon::Match Lexicon::longest_at(std::span<const Word> words, std::size_t at) const {
  const auto first = longest_from_.find(words[at].text);
  if (first == longest_from_.end()) return alike(words[at].text);
  std::vector<std::string> keys;
  std::string key;
  for (std::size_t i = at; i < std::min(at + first->second, words.size()); ++i) {
    if (words[i].segment != words[at].segment) break;
    key += (key.empty() ? "" : " ") + words[i].text;
    keys.push_back(key);
  }
  for (std::size_t n = keys.size(); n > 0; --n) {
    if (const auto found = phrases_.find(keys[n - 1]); found != phrases_.end()) return {n, found->second};
  }
  return {};
}

// Only of long words: among short ones, one letter makes another word, and fewer do no harm when only two are swapped.
constexpr std::size_t kFewestLetters = 5, kFewestMisspelt = 6;

bool Lexicon::means_much(std::span<const Meaning> means) {
  constexpr double kMuch = 0.6;
  return std::ranges::any_of(means, [](const Meaning& m) { return m.weight >= kMuch && !m.beside; });
}

// "Pixelgrafik" begins with what it is, "Hochzeitsfotografie" ends with it. Rests of a few letters that are no endings
// make another word ("basilisk", "badger").
Lexicon::Match Lexicon::part_of(const std::string& word) const {
  constexpr double kPart = 0.8;
  constexpr std::size_t kFewestOfPart = 5, kFewestOfRest = 4, kLongestRest = 10;
  const auto is_much = [&](const auto& known) { return known != phrases_.end() && means_much(known->second); };
  for (std::size_t n = word.size() - 1; n >= kFewestOfPart; --n) {
    const std::size_t rest = word.size() - n;
    if (rest > kLongestRest) break;
    const std::string begin = word.substr(0, n), end = word.substr(rest);
    if (rest >= kFewestOfRest || is_ending(word.substr(n))) {
      if (const auto known = phrases_.find(begin); is_much(known)) return {1, known->second, kPart};
    }
    if (rest >= kFewestOfRest) {
      if (const auto known = phrases_.find(end); is_much(known)) return {1, known->second, kPart};
    }
  }
  return {};
}

// A letter too few, too many, or two swapped; with another letter in its place it is more often another word.
Lexicon::Match Lexicon::misspelt(const std::string& word) const {
  constexpr double kMisspelt = 0.8;
  Match out;
  const auto is = [&](const std::string& meant) {
    const auto known = phrases_.find(meant);
    if (known == phrases_.end() || !means_much(known->second)) return false;
    out = {1, known->second, kMisspelt};
    return true;
  };
  for (std::size_t i = 1; i < word.size() && word.size() + 1 >= kFewestMisspelt; ++i) {
    std::string longer = word;
    longer.insert(i, 1, 'a');
    for (char c = 'a'; c <= 'z'; ++c) {
      longer[i] = c;
      if (is(longer)) return out;
    }
  }
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (word.size() > kFewestMisspelt && is(std::string(word).erase(i, 1))) return out;
    std::string swapped = word;
    if (i + 1 < word.size()) std::swap(swapped[i], swapped[i + 1]);
    if (swapped != word && is(swapped)) return out;
  }
  return out;
}

Lexicon::Match Lexicon::alike(const std::string& word) const {
  if (word.size() < kFewestLetters) return {};
  const Match part = part_of(word);
  return part.words > 0 ? part : misspelt(word);
}

}  // namespace pxf
