#include "library/likeness.h"

#include <span>
#include <unordered_map>
#include <utility>

#include "base/cosine.h"

namespace pxf {
namespace {

using Features = Store::Features;
using FeaturesByModel = std::unordered_map<std::int64_t, Features>;

/// Opened when the first text is to be read.
class Reader {
 public:
  Reader(LibraryState& state, std::string name, const CancelToken* cancel = nullptr)
      : state_(state), name_(std::move(name)), cancel_(cancel) {}

  Features operator()(const std::string& text) {
    if (!checkpoint_) checkpoint_ = value_or_throw(state_.engine.open(place()));
    return std::move(value_or_throw(state_.engine.text_features(*checkpoint_, {text}, cancel_)).front());
  }
  /// Another version of the program may have another starter, or compute otherwise.
  std::string id() const { return fmt::format("{} {}", name_, version()); }

 private:
  // The engine knows names of its user's library, which may not be this one.
  std::string place() const {
    if (state_.engine.options().names_only || state_.in_program(name_)) return name_;
    return state_.entry(value_or_throw(state_.record(name_))).path;
  }

  LibraryState& state_;
  std::string name_;
  const CancelToken* cancel_;
  std::optional<Checkpoint> checkpoint_;
};

std::vector<std::pair<std::int64_t, Features>> read_missing(LibraryState& state, Reader& read,
                                                            const Candidates& candidates,
                                                            const FeaturesByModel& known) {
  std::vector<std::pair<std::int64_t, Features>> made;
  for (const auto& [model, place] : candidates.by_model) {
    if (!known.contains(model)) made.emplace_back(model, read(words_about(state, model)));
  }
  return made;
}

Features without(const Features& features, std::span<const double> mean) {
  Features out(mean.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(features[i] - mean[i]);
  return out;
}

std::vector<double> compare(const Features& prompt, const Candidates& candidates, const FeaturesByModel& known) {
  std::vector<double> mean(prompt.size(), 0);
  for (const auto& [model, place] : candidates.by_model) {
    const Features& one = known.at(model);
    require(one.size() == mean.size(), "likeness: got features of {} numbers, need {}", one.size(), mean.size());
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += one[i] / static_cast<double>(candidates.by_model.size());
  }
  const Features wanted = without(prompt, mean);
  std::vector<double> out(candidates.checkpoints.size(), 0);
  for (const auto& [model, place] : candidates.by_model) out[place] = cosine(wanted, without(known.at(model), mean));
  return out;
}

}  // namespace

std::vector<double> likenesses(LibraryState& state, const std::string& prompt, const Candidates& candidates,
                               std::vector<std::string>& notices) {
  const std::string by = value_or_throw(state.store.likened_by());
  if (by.empty()) return {};
  const auto compared = catch_errors([&] {
    Reader read(state, by);
    FeaturesByModel known = value_or_throw(state.store.text_features(read.id()));
    auto made = read_missing(state, read, candidates, known);
    // A library that cannot be written to is read anew each time.
    if (!made.empty()) static_cast<void>(state.store.keep_text_features(read.id(), made));
    for (auto& [model, features] : made) known.emplace(model, std::move(features));
    return compare(read(prompt), candidates, known);
  });
  if (compared) return compared.value();
  notices.push_back(fmt::format("likeness did not count: {}", compared.error().text()));
  return {};
}

void read_all_texts(LibraryState& state, const std::string& checkpoint, const Candidates& candidates,
                    const CancelToken* cancel) {
  const auto embedded = state.in_program(checkpoint);
  const std::string name = embedded ? embedded->name : value_or_throw(state.record(checkpoint)).name;
  Reader read(state, name, cancel);
  const auto made = read_missing(state, read, candidates, {});
  value_or_throw(state.store.liken_by(name));
  value_or_throw(state.store.keep_text_features(read.id(), made));
}

}  // namespace pxf
