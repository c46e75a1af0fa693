// Forms with files as browsers and API clients send them: multipart/form-data, RFC 7578.
// Any bytes, in linear time; what is given points into the body.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pxf {

struct FormPart {
  std::string name, filename, type;  // without file and type: empty
  std::string_view content;
};

/// Throws HttpProblem: 415 for another type, 400 for a body that is no form or is cut off, 413 for more than 256 parts.
std::vector<FormPart> read_form(std::string_view content_type, std::string_view body);

}  // namespace pxf
