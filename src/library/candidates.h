// The models that a choice is made among, with their profiles.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "choosing/profile.h"
#include "library/state.h"
#include "pixelforge/choose.h"

namespace pxf {

struct Candidates {
  std::vector<Profile> checkpoints, loras;
  std::map<std::int64_t, std::size_t> by_model;  // the library's ids of checkpoints; below 0: of those in the program
};

/// Those in the program, then the library's that run here. Profiles that are not kept yet, or were read by another
/// lexicon, are made and kept, where the library can be written to. Throws Failure: the errors of Store.
Candidates gather_candidates(LibraryState& state, const std::vector<std::string>& among);

/// What is said of a checkpoint, the most telling first; `model` as in by_model. Throws Failure: the errors of Store.
std::string words_about(LibraryState& state, std::int64_t model);

/// All that is said of a model.
ProfileText profile_text_of(const std::string& name, const ModelInfo& info, const std::string& triggers,
                            const std::string& good_for, const std::vector<std::pair<std::string, double>>& trained_on);
/// Of one in the program, with what is set of it, or of a file that is in no library.
ProfileText profile_text_of(const ModelInfo& info, const Overrides& set);
/// As its file says.
std::string trigger_words_in_program(const ModelInfo& info);

}  // namespace pxf
