#pragma once

#include <cstdlib>
#include <initializer_list>
#include <string>

namespace pxf {

/// The first of these variables that is set and not empty; empty when none is.
inline std::string environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

}  // namespace pxf
