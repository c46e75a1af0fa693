// YAML as the settings of other programs have it: maps, lists and texts. Hostile files are normal: what is nested too
// deep is refused, and so are aliases, by which a small file can stand for a huge one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pxf {

/// A text, or the entries of a map or a list in their order.
struct Yaml {
  std::string key;   // in the map that it is an entry of
  std::string text;  // "true" and "5" too; empty for a map, a list, and null
  std::vector<Yaml> entries;

  /// Null when there is none of this key.
  const Yaml* find(std::string_view wanted) const;
};

/// The first document; nothing in it is an empty text. Errors: bad_file, with the line.
Result<Yaml> parse_yaml(std::string_view text);
/// Errors: those of reading it too; bad_file for more than 64 KiB.
Result<Yaml> read_yaml(const std::filesystem::path& path);

}  // namespace pxf
