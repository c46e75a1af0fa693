// Names as an engine takes them whose requests come from others (EngineOptions::names_only): those of the program and
// the library. Anything else is refused before any file is looked at: its owner learns nothing of this machine's files.
#pragma once

#include <string>
#include <vector>

#include "pixelforge/error.h"
#include "pixelforge/request.h"

namespace pxf {

/// Error: not_found, with the nearest name.
Status check_name(const std::string& name);

/// Of what a request names, but for its prompts. Throws Failure: not_found; invalid_argument for folders and files that
/// have no names.
void check_names(const Request& request);
/// Of the LoRAs that prompts ask for, once their variants are chosen. Throws Failure(not_found).
void check_names(const std::vector<std::string>& prompts);

}  // namespace pxf
