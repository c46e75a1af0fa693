// Looking up samplers and schedulers by the names that other programs gave them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pxf {

/// Whether a person would call these the same name: case, spaces and punctuation do not count, and "++" reads "pp".
bool same_name(std::string_view a, std::string_view b);

/// Whether `wanted` is one of the names in a comma-separated list.
bool in_name_list(std::string_view list, std::string_view wanted);

/// invalid_argument: the name asked for, the nearest one if any is near, and all of them.
Error unknown_name(std::string_view kind, std::string_view wanted, std::span<const std::string_view> known);

/// The entry whose `name`, `label` or comma-separated `aliases` say `wanted`.
template <class Entry>
Result<const Entry*> find_by_name(std::string_view kind, std::span<const Entry> entries, std::string_view wanted) {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries) {
    if (same_name(entry.name, wanted) || same_name(entry.label, wanted) || in_name_list(entry.aliases, wanted)) {
      return &entry;
    }
    names.push_back(entry.name);
  }
  return unknown_name(kind, wanted, names);
}

}  // namespace pxf
