#include "choosing/profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pxf {
namespace {

// How far each place is believed. What an author writes at length mentions much that the model is not for.
constexpr double kByUser = 1, kTitle = 0.9, kTags = 0.85, kTriggers = 0.8, kTrainedOn = 0.8, kAbout = 0.35,
                 kAboutAlone = 0.7;

constexpr std::size_t kMostTrainedTags = 60;

void add_trained_tags(const Lexicon& lexicon, std::vector<std::pair<std::string, double>> tags, Reading& into) {
  std::ranges::stable_sort(tags, std::greater{}, &std::pair<std::string, double>::second);
  if (tags.size() > kMostTrainedTags) tags.resize(kMostTrainedTags);
  for (const auto& [tag, count] : tags)
    add(into, read_text(lexicon, tag, kTrainedOn * count / std::max(1.0, tags[0].second)));
}

// Where nothing else says what it is for, the description does.
void add_about(const Lexicon& lexicon, const std::string& about, Reading& into) {
  const bool is_all_there_is = into.strongest() < kAbout;
  Reading reading = read_text(lexicon, about, is_all_there_is ? kAboutAlone : kAbout);
  if (!is_all_there_is) {
    for (double& weight : reading.weight) weight = std::clamp(weight, -kAboutAlone, kAbout);
  }
  add(into, reading);
}

}  // namespace

Reading read_profile(const Lexicon& lexicon, const ProfileText& text) {
  Reading out = read_text(lexicon, text.good_for, kByUser);
  add(out, read_text(lexicon, text.title, kTitle));
  add(out, read_text(lexicon, text.tags, kTags));
  add(out, read_text(lexicon, text.trigger_words, kTriggers));
  add_trained_tags(lexicon, text.trained_on, out);
  add_about(lexicon, text.about, out);
  return out;
}

std::string to_stored(const Lexicon& lexicon, const Reading& reading) {
  std::string out = fmt::format("{:x}", lexicon.version());
  for (std::size_t i = 0; i < reading.weight.size(); ++i) {
    if (reading.weight[i] != 0) out += fmt::format(" {} {:.3f}", i, reading.weight[i]);
  }
  return out;
}

bool from_stored(const Lexicon& lexicon, std::string_view stored, Reading& into) {
  const auto next = [&] {
    const std::size_t end = std::min(stored.find(' '), stored.size());
    const std::string_view field = stored.substr(0, end);
    stored.remove_prefix(std::min(end + 1, stored.size()));
    return field;
  };
  if (next() != fmt::format("{:x}", lexicon.version())) return false;
  into.weight.assign(lexicon.intents().size(), 0);
  into.by.assign(lexicon.intents().size(), {});
  into.plainly.assign(lexicon.intents().size(), false);
  while (!stored.empty()) {
    const std::string_view place = next(), weight = next();
    std::size_t i = 0;
    double value = 0;
    std::from_chars(place.data(), place.data() + place.size(), i);
    const auto [end, error] = std::from_chars(weight.data(), weight.data() + weight.size(), value);
    if (error != std::errc{} || i >= into.weight.size()) return false;
    into.weight[i] = value;
  }
  return true;
}

}  // namespace pxf
