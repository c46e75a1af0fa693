#include "library/candidates.h"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

#include "pipeline/library_names.h"

namespace pxf {
namespace {

// What of a text is read: a card of megabytes says no more than its beginning.
constexpr std::size_t kLongestText = 16 << 10;

std::string beginning(const std::string& text) { return text.substr(0, kLongestText); }

std::string metadata_of(const ModelInfo& info, const char* key) {
  const auto found = info.metadata.find(key);
  return found == info.metadata.end() ? std::string() : found->second;
}

}  // namespace

ProfileText profile_text_of(const std::string& name, const ModelInfo& info, const std::string& triggers,
                            const std::string& good_for,
                            const std::vector<std::pair<std::string, double>>& trained_on) {
  ProfileText text;
  text.good_for = beginning(good_for);
  text.title = beginning(name + ". " + info.model_title);
  text.tags = beginning(info.tags);
  text.trigger_words = beginning(triggers);
  text.about = beginning(info.description + ". " + metadata_of(info, "modelspec.usage_hint"));
  text.trained_on = trained_on;
  return text;
}

std::string trigger_words_in_program(const ModelInfo& info) { return metadata_of(info, "modelspec.trigger_phrase"); }

ProfileText profile_text_of(const ModelInfo& info, const Overrides& set) {
  const auto set_or = [&](const char* key, const std::string& usual) {
    const auto found = set.find(key);
    return found == set.end() ? usual : found->second;
  };
  const bool in_program = info.path.empty();
  ProfileText text =
      profile_text_of(info.name, info, set_or("trigger_words", trigger_words_in_program(info)),
                      set_or("good_for", in_program && info.name == "starter" ? "general purpose" : ""), {});
  if (in_program) text.title = info.name;  // its title has the program's name, which is no word for what it draws
  return text;
}

namespace {

/// What is kept of a model for choosing, so that thousands are compared without reading what each says of itself.
struct KnownUse {
  int width = 0, height = 0;
  double parameters = 0;  // 1e9s
  bool runs = false;
  Reading is_for;
};

std::string to_kept_text(const KnownUse& known) {
  return fmt::format("{} {} {} {} {}", known.width, known.height, known.parameters, known.runs ? 1 : 0,
                     to_stored(Lexicon::embedded(), known.is_for));
}

std::optional<KnownUse> use_of(const std::string& text) {
  std::istringstream in(text);
  KnownUse out;
  int runs = 0;
  if (!(in >> out.width >> out.height >> out.parameters >> runs)) return std::nullopt;
  out.runs = runs != 0;
  const auto at = static_cast<std::size_t>(in.tellg());
  if (!from_stored(Lexicon::embedded(), std::string_view(text).substr(std::min(at + 1, text.size())), out.is_for))
    return std::nullopt;
  return out;
}

KnownUse use_of(const ModelInfo& info, const ProfileText& text) {
  KnownUse out;
  if (info.recommended) {
    out.width = info.recommended->width;
    out.height = info.recommended->height;
  }
  for (const PartInfo& part : info.parts) {
    if (part.name == "unet") out.parameters = static_cast<double>(part.parameters) / 1e9;
  }
  out.runs = info.supported || info.kind == "LoRA";
  out.is_for = read_profile(Lexicon::embedded(), text);
  return out;
}

Profile profile_of(const std::string& name, const std::string& family, const std::string& licence,
                   const std::string& tags, const std::string& triggers, KnownUse known) {
  Profile out;
  out.name = name;
  out.family = family;
  out.is_for = std::move(known.is_for);
  out.trigger_words = triggers;
  out.tags = tags;
  out.width = known.width;
  out.height = known.height;
  out.parameters = known.parameters;
  out.may_be_sold = judge_licence(licence).commercial == CommercialUse::yes;
  return out;
}

void add_in_program(ModelInfo info, const Overrides& set, std::vector<Profile>& into) {
  lay_over_set(set, info);
  const ProfileText text = profile_text_of(info, set);
  into.push_back(profile_of(info.name, info.family, info.license, info.tags, text.trigger_words, use_of(info, text)));
}

class Gathering {
 public:
  Gathering(LibraryState& state, const std::vector<std::string>& among) : state_(state), among_(among) {}

  Candidates operator()() {
    Candidates out;
    std::int64_t number = 0;
    for (const ModelInfo& info : state_.engine.list()) {
      --number;
      if (!info.supported || !is_asked_for(info.name)) continue;
      out.by_model[number] = out.checkpoints.size();
      add_in_program(info, set_of(info.name), out.checkpoints);
    }
    for (const ModelInfo& info : state_.engine.list_loras()) add_in_program(info, set_of(info.name), out.loras);
    for (Store::ProfileRow& row : value_or_throw(state_.store.profiles())) add(std::move(row), out);
    // A library that cannot be written to is read anew each time.
    if (!made_.empty()) static_cast<void>(state_.store.keep_profiles(made_));
    std::set<std::string> in_memory;
    for (const LoadedModel& one : state_.engine.loaded().models) in_memory.insert(one.name);
    for (Profile& one : out.checkpoints) one.in_memory = in_memory.contains(one.name);
    return out;
  }

 private:
  Overrides set_of(const std::string& in_program) { return set_in_program(state_.store, in_program); }

  bool is_asked_for(const std::string& name) const {
    return among_.empty() || std::ranges::find(among_, name) != among_.end();
  }

  void add(Store::ProfileRow row, Candidates& out) {
    const Record& record = row.record;
    std::optional<KnownUse> known = use_of(row.known);
    if (!known) known = read_anew(record);
    if (!known || !known->runs) return;
    const bool is_lora = record.kind == "LoRA";
    if (!is_lora && !is_asked_for(record.name)) return;
    if (!is_lora) out.by_model[record.id] = out.checkpoints.size();
    (is_lora ? out.loras : out.checkpoints)
        .push_back(profile_of(record.name, record.family, record.license, record.tags, record.trigger_words,
                              std::move(*known)));
  }

  std::optional<KnownUse> read_anew(const Record& record) {
    const auto facts = state_.known(record);
    if (!facts) return std::nullopt;
    const Facts& said = facts.value().first;
    const Overrides& set = facts.value().second;
    const auto set_or = [&](const char* key, const std::string& usual) {
      const auto found = set.find(key);
      return found == set.end() ? usual : found->second;
    };
    ModelInfo info = said.info;
    info.tags = record.tags;
    info.description = set_or("about", info.description);
    const ProfileText text =
        profile_text_of(record.name, info, record.trigger_words, set_or("good_for", {}), said.trained_on);
    KnownUse known = use_of(info, text);
    known.runs = known.runs || set.contains("family");  // its user knows better than the tensors' names
    const OverriddenSettings settings = settings_of(set);
    known.width = settings.width.value_or(known.width);
    known.height = settings.height.value_or(known.height);
    std::string trained;
    for (const auto& [tag, count] : text.trained_on) trained += ", " + tag;
    made_.push_back(
        {record.id,
         to_kept_text(known),
         {record.name, text.title, text.tags + trained, text.trigger_words, text.good_for + ". " + text.about}});
    return known;
  }

  LibraryState& state_;
  const std::vector<std::string>& among_;
  std::vector<Store::NewProfile> made_;
};

}  // namespace

std::string words_about(LibraryState& state, std::int64_t model) {
  if (model >= 0) {
    const ProfileWords words = value_or_throw(state.store.profile_words(model));
    return fmt::format("{}. {}. {}. {}", words.title, words.tags, words.trigger_words, words.about);
  }
  const ModelInfo info = state.engine.list().at(static_cast<std::size_t>(-model - 1));
  const ProfileText text = profile_text_of(info, set_in_program(state.store, info.name));
  return fmt::format("{}. {}. {}. {}. {}", text.title, text.tags, text.trigger_words, text.good_for, text.about);
}

Candidates gather_candidates(LibraryState& state, const std::vector<std::string>& among) {
  return Gathering(state, among)();
}

}  // namespace pxf
