// How like a prompt what is said of a checkpoint is, as the text encoder reads both that the user has named.
#pragma once

#include <string>
#include <vector>

#include "library/candidates.h"

namespace pxf {

/// -1 to 1 for each checkpoint: the cosine between prompt and text, both without what all the texts have in common
/// (Mu and Viswanath 2018, "All-but-the-Top": without that, CLIP's features of any two texts are much alike). Empty
/// where no encoder is named, and, with a notice, where it cannot be used. Texts that were not read yet are read and
/// kept.
std::vector<double> likenesses(LibraryState& state, const std::string& prompt, const Candidates& candidates,
                               std::vector<std::string>& notices);

/// Names the encoder, and reads all texts with it. Throws Failure: not_found, unsupported, cancelled.
void read_all_texts(LibraryState& state, const std::string& checkpoint, const Candidates& candidates,
                    const CancelToken* cancel);

}  // namespace pxf
