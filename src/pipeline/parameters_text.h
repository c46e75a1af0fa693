// What a picture says of how it was made. recipe/recipe.cpp reads it back.
#pragma once

#include <string>

#include "pixelforge/engine.h"

namespace pxf {

/// Of the files behind a picture: their sha256, or empty.
struct FileHashes {
  std::string checkpoint, vae;
};

/// A1111's "parameters" text, with all that is needed to make the picture again but pictures that it began with.
std::string parameters_text(const Plan& plan, const Request& request, const Picture& picture, const FileHashes& hashes);

}  // namespace pxf
