// What to draw with a checkpoint that is to be tuned.
#pragma once

#include <string>
#include <vector>

#include "pixelforge/model_info.h"

namespace pxf {

/// By what its title, tags and description say it is for, with the words that it wants to hear.
std::vector<std::string> prompts_for(const ModelInfo& info);

}  // namespace pxf
