// Pictures that foreign clients send, brought into the form that a request here takes.
// Throws HttpProblem 422 for what is no picture.
#pragma once

#include <string>
#include <vector>

#include "image/image.h"
#include "service/pictures.h"

namespace pxf {

/// Of base 64, with or without "data:image/png;base64,". Addresses are not fetched.
std::vector<std::byte> client_file(const std::string& text, const std::string& field);
Image client_picture(Bytes file, const std::string& field);
/// White where it is transparent; all black where it is nowhere.
Image client_transparency(Bytes file, const std::string& field);
bool is_black(const Image& image);
Image inverted(Image image);

/// All of it inside width x height, in its own shape; what it leaves free is filled from its edges.
Image fitted_inside(const Image& image, int width, int height);

/// Gives the name under which a request finds it.
std::string keep_picture(Pictures& pictures, const Image& image);

}  // namespace pxf
