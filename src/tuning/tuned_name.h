// A checkpoint as tuning and voting keep it: under its name in the library or the program, for as long as it is the
// same file.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "catalog/tuned.h"
#include "pixelforge/engine.h"
#include "store/store.h"

namespace pxf {

struct TunedName {
  std::string name;         // of its state
  bool in_library = false;  // or in the program: what is found can be saved under this name
  TunedPreset identity;     // without levels
};

/// This user's when none is asked for. Throws Failure(invalid_argument) when there is no place for one.
std::filesystem::path home_of_tuning(const std::filesystem::path& asked);

/// A file that is in no library has a name by its place, which no model can have.
std::string name_of_outsider(const std::filesystem::path& path);
TunedName identify(const ModelInfo& info, Store& store);

/// What the file and its family say, without what was tuned or set: each tuning begins in the same place.
Recommended first_recommendation(const ModelInfo& info);

/// Throws Failure(unsupported): it was distilled; it is no name of the library, and what is found shall be saved.
void check_can_be_tuned(const ModelInfo& info, const Recommended& recommended, const TunedName& name, bool saves);

void save_tuned(const std::map<Level, Recommended::AtLevel>& levels, const TunedName& name, Store& store);

}  // namespace pxf
