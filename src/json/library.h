// The library's part of --json.
#pragma once

#include "json/json.h"
#include "pixelforge/library.h"

namespace pxf {

/// `verdict` is that on the entry's licence.
Json to_json(const LibraryEntry& entry, const LicenceVerdict& verdict);
Json to_json(const LibraryEntry& entry);
Json to_json(const LicenceVerdict& verdict);
/// `model` as inspect gives it, with what the library adds.
Json to_json(const LibraryModel& model);
/// [{code, message, context}].
Json to_json(const std::vector<Error>& errors);

}  // namespace pxf
