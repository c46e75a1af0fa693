#include "pixelforge/library.h"

#include <algorithm>
#include <sstream>

#include "base/nearest_name.h"
#include "library/state.h"
#include "pipeline/library_names.h"
#include "sampling/samplers.h"
#include "sampling/schedulers.h"
#include "store/home.h"

namespace pxf {
namespace {

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\n");
  return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

std::vector<std::string> split_tags(const std::string& tags) {
  std::vector<std::string> out;
  std::istringstream in(tags);
  for (std::string tag; std::getline(in, tag, ',');) {
    if (std::string word = trimmed(tag); !word.empty()) out.push_back(std::move(word));
  }
  return out;
}

/// Settings by the names that samplers and schedules have here.
Status check_names(const std::string& key, const std::string& value) {
  if (key == "sampler") {
    if (const auto found = find_sampler(value); !found) return found.error();
  } else if (key == "scheduler") {
    if (const auto found = find_scheduler(value); !found) return found.error();
  }
  return Done{};
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
  Result<std::optional<Record>> found = store.find(name);
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

LibraryEntry LibraryState::entry(const Record& r) const {
  return {r.name,
          store.file_of(r).string(),
          r.blob.empty(),
          r.stamp.bytes,
          r.blob.empty() ? r.sha256 : r.blob,
          r.kind,
          r.family,
          r.title,
          r.license,
          r.author,
          r.tags,
          r.trigger_words,
          r.source,
          r.preview,
          r.added};
}

Result<std::pair<Facts, Overrides>> LibraryState::known(const Record& record) {
  Result<Details> details = store.details(record);
  if (!details) return std::move(details).error();
  return std::pair(facts_from_json(details.value().info), overrides_from_json(details.value().overrides));
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
  const Result<std::vector<Record>> records = state_->store.list();
  if (!records) return records.error();
  std::vector<LibraryEntry> out;
  out.reserve(records.value().size());
  for (const Record& record : records.value()) out.push_back(state_->entry(record));
  return out;
}

Result<LibraryModel> Library::show(const std::string& name) {
  const Result<Record> record = state_->record(name);
  if (!record) return record.error();
  auto known = state_->known(record.value());
  if (!known) return std::move(known).error();
  auto& [facts, overrides] = known.value();
  LibraryModel out{state_->entry(record.value()), std::move(facts.info), std::move(overrides), false};
  out.info.name = out.entry.name;
  out.info.path = out.entry.path;
  out.info.sha256 = out.entry.sha256;
  out.info.family = out.entry.family;
  out.info.title = out.entry.title;
  out.info.license = out.entry.license;
  out.info.author = out.entry.author;
  out.info.tags = out.entry.tags;
  if (const auto about = out.set.find("about"); about != out.set.end()) out.info.description = about->second;
  if (out.info.recommended) apply_overrides(out.set, *out.info.recommended);
  std::error_code failed;
  out.missing = !std::filesystem::exists(out.entry.path, failed);
  return out;
}

Result<std::uint64_t> Library::remove(const std::string& name) {
  const Result<Record> record = state_->record(name);
  if (!record) return record.error();
  return state_->store.remove(record.value().name);
}

Status Library::rename(const std::string& from, const std::string& to) {
  if (Status fits = state_->check_name(to); !fits) return fits;
  const Result<Record> record = state_->record(from);
  if (!record) return record.error();
  return state_->store.rename(record.value().name, to);
}

Result<std::string> Library::tag(const std::string& name, const std::vector<std::string>& add,
                                 const std::vector<std::string>& take_away) {
  const Result<Record> record = state_->record(name);
  if (!record) return record.error();
  std::vector<std::string> tags = split_tags(record.value().tags);
  for (const std::string& one : take_away) std::erase(tags, trimmed(one));
  for (const std::string& given : add) {
    for (const std::string& one : split_tags(given)) {
      if (std::ranges::find(tags, one) == tags.end()) tags.push_back(one);
    }
  }
  const std::string joined = fmt::format("{}", fmt::join(tags, ", "));
  auto known = state_->known(record.value());
  if (!known) return std::move(known).error();
  auto& [facts, overrides] = known.value();
  overrides["tags"] = joined;
  Status saved = state_->save(record.value(), facts, overrides);
  if (!saved) return std::move(saved).error();
  return joined;
}

Status Library::set(const std::string& name, const std::string& key, const std::string& value) {
  if (Status fits = check_override(key, value.empty() ? (key == "size" ? "64" : "1") : value); !fits) return fits;
  if (Status fits = value.empty() ? Status(Done{}) : check_names(key, value); !fits) return fits;
  const Result<Record> record = state_->record(name);
  if (!record) return record.error();
  auto known = state_->known(record.value());
  if (!known) return std::move(known).error();
  auto& [facts, overrides] = known.value();
  if (value.empty()) {
    overrides.erase(key);
  } else {
    overrides[key] = value;
  }
  return state_->save(record.value(), facts, overrides);
}

}  // namespace pxf
