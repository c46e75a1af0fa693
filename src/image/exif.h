// The two things that pictures of this field keep in Exif: which side is up, and the parameters as a comment.
// Exif 2.32, a block of TIFF 6.0, in either byte order. Whatever the bytes, nothing fails: what is damaged is not
// there.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace pxf {

/// Orientation (tag 0x0112), 1 to 8; 1, upright, when it is not there.
int exif_orientation(Bytes tiff);

/// The texts, in UTF-8, with what they are called here: UserComment is "parameters", as A1111 has it. ComfyUI puts
/// "prompt:{...}" and "workflow:{...}" into Model, Make and others: those are "prompt" and "workflow".
std::vector<std::pair<std::string, std::string>> exif_texts(Bytes tiff);

/// A block that holds `text`, UTF-8, as its UserComment: marked "UNICODE" and in big-endian UTF-16, as A1111's piexif
/// writes it and every reader of its pictures expects.
std::string exif_with_comment(std::string_view text);

}  // namespace pxf
