// Full-text search in what is said of the models, in library.db or in memory. Inside store/ and for who ranks models:
// throws Failure like sqlite.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "store/sqlite.h"

namespace pxf {

/// What is searched, by how much a hit in it counts.
struct ProfileWords {
  std::string name, title, tags, trigger_words, about;
};

/// Replaces those of `model`, an id of the table of models, or a negative number for one that is not in it.
void keep_profile_words(const Database& database, std::int64_t model, const ProfileWords& words);

/// By model: how well its texts match the words, as BM25 gives it, above 0; those that have none of them are left out.
std::unordered_map<std::int64_t, double> match_profile_words(const Database& database,
                                                             std::span<const std::string> words);

/// The table alone, in memory.
Database profile_words_in_memory();

}  // namespace pxf
