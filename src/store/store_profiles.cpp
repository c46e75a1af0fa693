// What Store keeps for the choosing of models: profiles and habits.
#include <algorithm>

#include "base/base64.h"
#include "store/store.h"

namespace pxf {
namespace {

constexpr std::int64_t kFirstVersion = 4;  // of the schema that has these tables
constexpr std::int64_t kFirstVersionOfFeatures = 8;

std::string text_of(std::span<const float> features) { return base64(std::as_bytes(features)); }

std::optional<std::vector<float>> features_of(std::string_view text) {
  const auto bytes = bytes_of_base64(text);
  if (!bytes || bytes->size() % sizeof(float) != 0) return std::nullopt;
  std::vector<float> out(bytes->size() / sizeof(float));
  std::ranges::copy(*bytes, std::as_writable_bytes(std::span(out)).begin());
  return out;
}

}  // namespace

bool Store::has_profiles() { return exists() && reading().schema_version() >= kFirstVersion; }

Result<std::vector<Store::ProfileRow>> Store::profiles() {
  return catch_errors([&] {
    std::vector<ProfileRow> out;
    if (!exists() || reading().schema_version() == 0) return out;
    const bool known = has_profiles();
    Statement rows = reading().prepare(fmt::format(
        "SELECT m.id, m.name, m.kind, m.family, m.title, m.license, m.tags, m.trigger_words, {} FROM models "
        "m {} WHERE m.kind IN ('checkpoint', 'LoRA') ORDER BY m.name",
        known ? "coalesce(p.known, '')" : "''", known ? "LEFT JOIN profiles p ON p.model = m.id" : ""));
    while (rows.step()) {
      ProfileRow row;
      int i = 0;
      row.record.id = rows.whole(i++);
      for (std::string* text : {&row.record.name, &row.record.kind, &row.record.family, &row.record.title,
                                &row.record.license, &row.record.tags, &row.record.trigger_words, &row.known}) {
        *text = rows.text(i++);
      }
      out.push_back(std::move(row));
    }
    return out;
  });
}

Status Store::keep_profiles(const std::vector<NewProfile>& profiles) {
  return write([&] {
    for (const NewProfile& one : profiles) {
      // A model that went meanwhile must not come back.
      Statement there = writing().prepare("SELECT 1 FROM models WHERE id = ?1");
      if (!there.with(one.model).step()) continue;
      writing().prepare("INSERT OR REPLACE INTO profiles VALUES (?1, ?2)").with(one.model, one.known).run();
      keep_profile_words(writing(), one.model, one.words);
    }
    return Done{};
  });
}

Result<std::unordered_map<std::int64_t, double>> Store::match_words(std::span<const std::string> words) {
  return catch_errors([&] {
    if (!has_profiles()) return std::unordered_map<std::int64_t, double>();
    return match_profile_words(reading(), words);
  });
}

Result<std::vector<Store::Habit>> Store::habits(const std::string& who) {
  return catch_errors([&] {
    std::vector<Habit> out;
    if (!has_profiles()) return out;
    Statement rows = reading().prepare("SELECT intent, model, kept, dropped FROM habits WHERE who = ?1");
    rows.with(who);
    while (rows.step()) out.push_back({rows.text(0), rows.text(1), rows.real(2), rows.real(3)});
    return out;
  });
}

Status Store::note_habit(const std::string& who, const Habit& habit) {
  return write([&] {
    writing()
        .prepare(
            "INSERT INTO habits VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (who, intent, model) DO UPDATE SET kept = kept "
            "+ ?4, dropped = dropped + ?5")
        .with(who, habit.intent, habit.model, habit.kept, habit.dropped)
        .run();
    return Done{};
  });
}

Result<std::string> Store::likened_by() {
  return catch_errors([&]() -> std::string {
    if (!exists() || reading().schema_version() < kFirstVersionOfFeatures) return {};
    Statement row = reading().prepare("SELECT value FROM choices WHERE key = 'liken_by'");
    return row.step() ? row.text(0) : std::string();
  });
}

Status Store::liken_by(const std::string& checkpoint) {
  if (checkpoint.empty() && !exists()) return Done{};
  return write([&] {
    writing().run("DELETE FROM text_features");
    writing().run("DELETE FROM choices WHERE key = 'liken_by'");
    if (!checkpoint.empty()) writing().prepare("INSERT INTO choices VALUES ('liken_by', ?1)").with(checkpoint).run();
    return Done{};
  });
}

Result<std::unordered_map<std::int64_t, Store::Features>> Store::text_features(const std::string& made_by) {
  return catch_errors([&] {
    std::unordered_map<std::int64_t, Features> out;
    if (!exists() || reading().schema_version() < kFirstVersionOfFeatures) return out;
    Statement rows = reading().prepare("SELECT model, features FROM text_features WHERE made_by = ?1");
    rows.with(made_by);
    while (rows.step()) {
      if (auto features = features_of(rows.text(1))) out.emplace(rows.whole(0), std::move(*features));
    }
    return out;
  });
}

Status Store::keep_text_features(const std::string& made_by,
                                 const std::vector<std::pair<std::int64_t, Features>>& made) {
  return write([&] {
    for (const auto& [model, features] : made) {
      writing()
          .prepare("INSERT OR REPLACE INTO text_features VALUES (?1, ?2, ?3)")
          .with(model, made_by, text_of(features))
          .run();
    }
    return Done{};
  });
}

Result<ProfileWords> Store::profile_words(std::int64_t model) {
  return catch_errors([&] {
    ProfileWords out;
    if (!has_profiles()) return out;
    Statement row = reading().prepare("SELECT name, title, tags, triggers, about FROM profile_words WHERE rowid = ?1");
    if (!row.with(model).step()) return out;
    int i = 0;
    for (std::string* text : {&out.name, &out.title, &out.tags, &out.trigger_words, &out.about}) *text = row.text(i++);
    return out;
  });
}

Status Store::forget_habits(const std::string& who) {
  if (!exists()) return Done{};
  return write([&] {
    writing().prepare("DELETE FROM habits WHERE who = ?1").with(who).run();
    return Done{};
  });
}

Result<bool> Store::heeds_habits() {
  return catch_errors([&] {
    if (!has_profiles()) return true;
    Statement row = reading().prepare("SELECT value FROM choices WHERE key = 'habits'");
    return !row.step() || row.text(0) != "off";
  });
}

Status Store::heed_habits(bool heeds) {
  return write([&] {
    writing()
        .prepare("INSERT OR REPLACE INTO choices VALUES ('habits', ?1)")
        .with(std::string(heeds ? "on" : "off"))
        .run();
    return Done{};
  });
}

}  // namespace pxf
