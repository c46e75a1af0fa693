// Fields of a foreign client's JSON, as leniently as the program that it was written for: null is as good as nothing,
// numbers may stand in strings, fields that nobody asks for are passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "json/json.h"

namespace pxf {

class ClientFields {
 public:
  /// Throws HttpProblem 422, as all below do for a value that cannot be read.
  explicit ClientFields(Json object, std::string path = {});

  /// The value; null where it is not there, or null.
  const Json* find(const char* name) const;
  bool has(const char* name) const { return find(name) != nullptr; }
  std::optional<std::string> text(const char* name) const;
  std::optional<double> number(const char* name) const;
  std::optional<std::int64_t> whole(const char* name) const;
  /// Numbers count as true unless 0.
  std::optional<bool> flag(const char* name) const;
  /// One string is as good as a list of it.
  std::vector<std::string> texts(const char* name) const;
  /// Without fields where it is not there.
  ClientFields object(const char* name) const;
  const Json& json() const { return object_; }

  [[noreturn]] void wrong(const char* name, const std::string& need) const;

 private:
  Json object_;
  std::string path_;
};

}  // namespace pxf
