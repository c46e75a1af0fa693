#include "store/profile_words.h"

#include <algorithm>

#include "store/schema.h"

namespace pxf {
namespace {

constexpr std::size_t kMostWords = 64;  // of a prompt that are looked for

// A phrase in FTS5's language holds any text; only quotation marks need doubling.
std::string any_of(std::span<const std::string> words) {
  std::string out;
  for (const std::string& word : words.first(std::min(words.size(), kMostWords))) {
    out += out.empty() ? "\"" : " OR \"";
    for (const char c : word) out += c == '"' ? "\"\"" : std::string(1, c);
    out += '"';
  }
  return out;
}

}  // namespace

void keep_profile_words(const Database& database, std::int64_t model, const ProfileWords& words) {
  database.prepare("DELETE FROM profile_words WHERE rowid = ?1").with(model).run();
  database
      .prepare("INSERT INTO profile_words (rowid, name, title, tags, triggers, about) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .with(model, words.name, words.title, words.tags, words.trigger_words, words.about)
      .run();
}

std::unordered_map<std::int64_t, double> match_profile_words(const Database& database,
                                                             std::span<const std::string> words) {
  std::unordered_map<std::int64_t, double> out;
  const std::string wanted = any_of(words);
  if (wanted.empty()) return out;
  // FTS5 gives better matches lower, negative numbers.
  Statement rows = database.prepare(
      "SELECT rowid, -bm25(profile_words, 2.0, 3.0, 4.0, 4.0, 1.0) FROM profile_words WHERE profile_words MATCH ?1");
  rows.with(wanted);
  while (rows.step()) out.emplace(rows.whole(0), std::max(0.0, rows.real(1)));
  return out;
}

Database profile_words_in_memory() {
  Database database = Database::in_memory();
  database.run(kProfileWordsTable);
  return database;
}

}  // namespace pxf
