// The one place where words of A1111's parameters become a request.
#pragma once

#include <span>

#include "base/error.h"
#include "image/png_text.h"
#include "pixelforge/picture_file.h"
#include "recipe/claims.h"

namespace pxf {

/// Whatever cannot be read or repeated is named in `lost`.
PictureRecipe recipe_of(Claims claims);

/// Of a picture's texts, by the first program that recognises its own. Error: unsupported.
Result<PictureRecipe> recipe_in(std::span<const TextEntry> entries);

}  // namespace pxf
