// What Store keeps for the choosing of models: profiles and habits.
#include "store/store.h"

namespace pxf {
namespace {

constexpr std::int64_t kFirstVersion = 4;  // of the schema that has these tables

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
