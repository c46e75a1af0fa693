// What `tune` has found for a model on this machine, as library.db keeps it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "pixelforge/model_info.h"
#include "store/stamp.h"

namespace pxf {

struct TunedPreset {
  std::map<Level, Recommended::AtLevel> levels;  // all three
  std::int64_t when = 0;                         // seconds since 1970
  // What was tuned: a file that has changed since is another model under the same name, and one that is run under
  // another prediction draws otherwise.
  std::string sha256 = {};  // empty: not known
  std::uint64_t bytes = 0;
  std::int64_t mtime = 0;
  std::string prediction = {};

  bool operator==(const TunedPreset&) const = default;
};

std::string to_json_text(const TunedPreset& preset);
/// None for a text that is damaged, or from a newer program and not to be understood.
std::optional<TunedPreset> tuned_from_json(const std::string& text);

/// By both hashes where they are known, else by size and time.
bool is_of_this_file(const TunedPreset& preset, const std::string& sha256, const FileStamp& stamp);
/// Where tuning of this name keeps what it has measured, and its pictures: a file, and a folder beside it.
std::filesystem::path tuning_state_path(const std::filesystem::path& home, const std::string& name);
std::filesystem::path tuning_pictures_path(const std::filesystem::path& home, const std::string& name);
/// "tuned here on 2026-11-30", in UTC.
std::string origin_of(const TunedPreset& preset);

}  // namespace pxf
