#include "pixelforge/library.h"

#include <algorithm>
#include <sstream>
#include <system_error>

#include "base/nearest_name.h"
#include "base/trimmed.h"
#include "catalog/tuned.h"
#include "library/candidates.h"
#include "library/state.h"
#include "pipeline/library_names.h"
#include "pipeline/names_only.h"
#include "pipeline/opened_file.h"
#include "pipeline/presets.h"
#include "pipeline/starter.h"
#include "sampling/samplers.h"
#include "sampling/schedulers.h"
#include "store/home.h"

namespace pxf {
namespace {

std::vector<std::string> split_tags(const std::string& tags) {
  std::vector<std::string> out;
  std::istringstream in(tags);
  for (std::string tag; std::getline(in, tag, ',');) {
    if (const std::string_view word = trimmed(tag); !word.empty()) out.emplace_back(word);
  }
  return out;
}

/// Settings by the names that samplers, schedules and models have here.
Status check_names(Engine& engine, const std::string& key, std::string& value) {
  if (key == "sampler") {
    if (const auto found = find_sampler(value); !found) return found.error();
  } else if (key == "scheduler") {
    if (const auto found = find_scheduler(value); !found) return found.error();
  } else if (key == "shortcuts") {
    if (const auto read = parse_shortcuts(value); !read) return read.error();
  } else if (key == "vae") {
    if (engine.options().names_only) {  // whoever asks over the network learns nothing of this machine's files
      if (Status is_one = check_name(value); !is_one) return is_one;
    }
    if (const auto found = engine.inspect(value); !found) return found.error();
    if (means_a_file(value)) value = std::filesystem::absolute(value).lexically_normal().string();
  }
  return Done{};
}

Error is_in_program(const std::string& name) {
  return make_error(ErrorCode::invalid_argument, "{} is part of the program; it can be set, not renamed or removed",
                    name);
}

/// A checkpoint that is run as something else than when it came has other parts missing, and other settings suit it.
void describe_as_it_is_run(LibraryModel& model) {
  Hearsay said = hearsay_of(model.set);
  if (said == Hearsay()) return;
  if (!said.prediction.empty()) model.info.prediction = said.prediction;
  const Result<OpenedFile> file = open_file(model.entry.path);
  if (!file) return;  // gone or damaged: as it was when it came
  said.prediction_beside = said_of(file.value(), model.entry.path).prediction_beside;
  ModelInfo now = describe_file(file.value(), model.entry.path, said, nullptr);
  model.info.supported = now.supported;
  model.info.unsupported_because = std::move(now.unsupported_because);
  model.info.prediction = std::move(now.prediction);
  model.info.missing = std::move(now.missing);
  model.info.wrong_shape = std::move(now.wrong_shape);
  model.info.unexpected = std::move(now.unexpected);
  model.info.recommended = std::move(now.recommended);
}

/// What tuning has measured follows the name, or goes with it. Nothing depends on it: it can be measured again.
void move_tuning(const std::filesystem::path& home, const std::string& from, const std::string& to) {
  std::error_code ignored;
  for (const auto place : {tuning_state_path, tuning_pictures_path}) {
    if (to.empty()) {
      std::filesystem::remove_all(place(home, from), ignored);
    } else {
      std::filesystem::rename(place(home, from), place(home, to), ignored);
    }
  }
}

}  // namespace

void describe(Record& record, const Facts& facts, const Overrides& overrides) {
  const auto either = [&](const char* key, const std::string& said) {
    const auto set = overrides.find(key);
    return set == overrides.end() ? said : set->second;
  };
  record.kind = facts.info.kind;
  record.family = either("family", facts.info.family);
  record.title = either("family", facts.info.title);
  record.license = either("license", facts.info.license);
  record.author = either("author", facts.info.author);
  record.tags = either("tags", facts.info.tags);
  record.trigger_words = either("trigger_words", facts.trigger_words);
  record.source = either("source", facts.source);
  record.preview = facts.preview;
}

Result<Record> LibraryState::record(const std::string& name) {
  Result<std::optional<Record>> found = store.find_name_or_hash(name);
  if (!found) return std::move(found).error();
  if (found.value()) return std::move(*found.value());
  Result<std::vector<Record>> all = store.list();
  if (!all) return std::move(all).error();
  std::vector<std::string_view> names;
  for (const Record& one : all.value()) names.push_back(one.name);
  const std::string_view nearest = nearest_name(name, names);
  return make_error(ErrorCode::not_found, "no model of the name \"{}\" is in the library; {}", name,
                    nearest.empty() ? "pixelforge list shows what is" : fmt::format("did you mean \"{}\"?", nearest));
}

LibraryEntry LibraryState::entry(Record r) const {
  LibraryEntry out;
  out.path = r.blob.empty() ? std::move(r.path) : store.file_of(r).string();
  out.linked = r.blob.empty();
  out.bytes = r.stamp.bytes;
  out.added = r.added;
  out.sha256 = std::move(r.blob.empty() ? r.sha256 : r.blob);
  out.tensors_sha256 = std::move(r.tensors_sha256);
  out.auto_v1 = std::move(r.auto_v1);
  out.name = std::move(r.name);
  out.kind = std::move(r.kind);
  out.family = std::move(r.family);
  out.title = std::move(r.title);
  out.license = std::move(r.license);
  out.author = std::move(r.author);
  out.tags = std::move(r.tags);
  out.trigger_words = std::move(r.trigger_words);
  out.source = std::move(r.source);
  out.preview = std::move(r.preview);
  return out;
}

Result<std::pair<Facts, Overrides>> LibraryState::known(const Record& record) {
  Result<Details> details = store.details(record);
  if (!details) return std::move(details).error();
  return std::pair(facts_from_json(details.value().info), overrides_from_json(details.value().overrides));
}

std::optional<ModelInfo> LibraryState::in_program(const std::string& name) const {
  // Asked for every model by its name: what is no such name costs nothing.
  if (!find_embedded(embedded_checkpoints(), name) && !find_embedded(embedded_loras(), name)) return std::nullopt;
  for (std::vector<ModelInfo> all : {engine.list(), engine.list_loras()}) {
    const auto found = std::ranges::find(all, name, &ModelInfo::name);
    if (found != all.end()) return std::move(*found);
  }
  return std::nullopt;
}

LibraryModel LibraryState::show_in_program(ModelInfo info) {
  Overrides set = set_in_program(store, info.name);
  lay_over_set(set, info);
  Facts facts;
  facts.trigger_words = trigger_words_in_program(info);
  facts.info = info;
  Record record;
  record.name = info.name;
  describe(record, facts, set);
  record.stamp.bytes = info.bytes;
  record.sha256 = info.sha256;
  LibraryEntry shown = entry(std::move(record));
  shown.linked = false;
  if (info.lora) info.lora->triggers = split_tags(shown.trigger_words);
  return {std::move(shown), std::move(info), std::move(set), false, {}};
}

Status LibraryState::change(const std::string& name,
                            const std::function<void(const Record& record, Overrides& overrides)>& work) {
  if (const auto info = in_program(name)) {
    return store.together([&]() -> Status {
      Record record;
      record.name = name;
      Overrides overrides = set_in_program(store, name);
      record.tags = overrides.contains("tags") ? overrides["tags"] : info->tags;
      work(record, overrides);
      return store.save_set_in_program(name, to_json_text(overrides));
    });
  }
  if (const auto there = record(name); !there) return there.error();  // before a library is made for nothing
  return store.together([&]() -> Status {
    const Result<Record> now = record(name);
    if (!now) return now.error();
    auto before = known(now.value());
    if (!before) return std::move(before).error();
    auto& [facts, overrides] = before.value();
    work(now.value(), overrides);
    return save(now.value(), facts, overrides);
  });
}

Status LibraryState::save(Record record, const Facts& facts, const Overrides& overrides) {
  describe(record, facts, overrides);
  return store.update(record, {to_json_text(facts), to_json_text(overrides)});
}

Library::Library(Engine& engine, std::filesystem::path home)
    : state_(new LibraryState{engine, Store(home.empty() ? library_home() : std::filesystem::absolute(home)), {}}) {}
Library::Library(Library&&) noexcept = default;
Library& Library::operator=(Library&&) noexcept = default;
Library::~Library() = default;

const std::filesystem::path& Library::home() const noexcept { return state_->store.home(); }

Result<std::vector<LibraryEntry>> Library::list() {
  Result<std::vector<Record>> records = state_->store.list();
  if (!records) return std::move(records).error();
  std::vector<LibraryEntry> out;
  out.reserve(records.value().size());
  for (Record& record : records.value()) out.push_back(state_->entry(std::move(record)));
  return out;
}

std::vector<LibraryModel> Library::in_program() {
  std::vector<LibraryModel> out;
  for (std::vector<ModelInfo> all : {state_->engine.list(), state_->engine.list_loras()}) {
    for (ModelInfo& info : all) out.push_back(state_->show_in_program(std::move(info)));
  }
  return out;
}

Result<LibraryModel> Library::show(const std::string& name) {
  if (auto info = state_->in_program(name)) return state_->show_in_program(std::move(*info));
  const Result<Record> record = state_->record(name);
  if (!record) return record.error();
  auto known = state_->known(record.value());
  if (!known) return std::move(known).error();
  auto& [facts, overrides] = known.value();
  LibraryModel out{state_->entry(record.value()), std::move(facts.info), std::move(overrides), false,
                   std::move(facts.trained_on)};
  out.info.name = out.entry.name;
  out.info.path = out.entry.path;
  out.info.sha256 = out.entry.sha256;
  out.info.tensors_sha256 = out.entry.tensors_sha256;
  out.info.auto_v1 = out.entry.auto_v1;
  out.info.family = out.entry.family;
  out.info.title = out.entry.title;
  out.info.license = out.entry.license;
  out.info.author = out.entry.author;
  out.info.tags = out.entry.tags;
  if (const auto about = out.set.find("about"); about != out.set.end()) out.info.description = about->second;
  describe_as_it_is_run(out);
  if (out.info.lora) {
    out.info.lora->triggers = split_tags(out.entry.trigger_words);
    if (const auto strength = settings_of(out.set).strength) out.info.lora->preferred_strength = strength;
  }
  if (out.info.recommended) {
    const auto stamp = file_stamp(out.entry.path);
    const bool same = stamp && (!out.entry.linked || stamp.value() == record.value().stamp);
    const auto tuned = state_->store.tuned(out.entry.name);
    if (!tuned) return tuned.error();
    lay_over_tuned(tuned.value(), same ? out.entry.sha256 : "", stamp ? stamp.value() : FileStamp{},
                   out.info.prediction, *out.info.recommended);
    lay_over(layer_of(out.set), *out.info.recommended);
  }
  std::error_code failed;
  out.missing = !std::filesystem::exists(out.entry.path, failed);
  return out;
}

Result<std::uint64_t> Library::remove(const std::string& name) {
  const Result<Record> record = state_->record(name);
  if (!record) return state_->in_program(name) ? is_in_program(name) : record.error();
  Result<std::uint64_t> freed = state_->store.remove(record.value().name);
  if (freed) move_tuning(state_->store.home(), record.value().name, {});
  return freed;
}

Status Library::rename(const std::string& from, const std::string& to) {
  if (Status fits = state_->check_name(to); !fits) return fits;
  const Result<Record> record = state_->record(from);
  if (!record) return state_->in_program(from) ? is_in_program(from) : record.error();
  Status renamed = state_->store.rename(record.value().name, to);
  if (renamed) move_tuning(state_->store.home(), record.value().name, to);
  return renamed;
}

Result<std::string> Library::tag(const std::string& name, const std::vector<std::string>& add,
                                 const std::vector<std::string>& take_away) {
  if (add.empty() && take_away.empty()) {
    if (const auto info = state_->in_program(name)) return info->tags;
    Result<Record> record = state_->record(name);
    if (!record) return std::move(record).error();
    return std::move(record.value().tags);
  }
  std::string joined;
  Status done = state_->change(name, [&](const Record& record, Overrides& overrides) {
    std::vector<std::string> tags = split_tags(record.tags);
    for (const std::string& one : take_away) std::erase(tags, std::string(trimmed(one)));
    for (const std::string& given : add) {
      for (const std::string& one : split_tags(given)) {
        if (std::ranges::find(tags, one) == tags.end()) tags.push_back(one);
      }
    }
    joined = fmt::format("{}", fmt::join(tags, ", "));
    overrides["tags"] = joined;
  });
  if (!done) return std::move(done).error();
  return joined;
}

Status Library::set(const std::string& name, const std::string& key, const std::string& value) {
  return set(name, {{key, value}});
}

Status Library::set(const std::string& name, const std::map<std::string, std::string>& said) {
  std::map<std::string, std::string> values = said;
  for (auto& [key, value] : values) {
    if (Status fits = value.empty() ? check_override_key(key) : check_override(key, value); !fits) return fits;
    if (Status fits = value.empty() ? Status(Done{}) : check_names(state_->engine, key, value); !fits) return fits;
  }
  return state_->change(name, [&](const Record&, Overrides& overrides) {
    for (const auto& [key, value] : values) {
      if (value.empty()) {
        overrides.erase(key);
      } else {
        overrides[key] = value;
      }
    }
  });
}

}  // namespace pxf
