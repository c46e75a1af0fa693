// XMP, an XML packet in a picture: where stable-diffusion.cpp keeps the parameters of a WebP. Whatever the bytes,
// nothing fails: what is damaged is not there. Not here: XMP at large, which is RDF and may spell one thing in many
// ways; only the element that this program writes is looked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pxf {

/// The text of <sdcpp:parameters>, in UTF-8; none where there is no such element or it is not well-formed.
std::optional<std::string> xmp_parameters(std::string_view packet);

}  // namespace pxf
