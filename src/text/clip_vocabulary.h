// CLIP's vocabulary and merges as files that transformers' CLIPTokenizer reads: vocab.json and merges.txt.
#pragma once

#include <string>

namespace pxf {

std::string clip_vocabulary_json();
std::string clip_merges_text();

}  // namespace pxf
