#include "server/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/trimmed.h"
#include "server/router.h"

namespace pxf {
namespace {

constexpr std::size_t kMostParts = 256, kLongestHead = 8192, kLongestBoundary = 200;

[[noreturn]] void broken(const char* what) {
  throw HttpProblem(400, "invalid_argument", fmt::format("the form is broken: {}", what));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_like(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() &&
         std::ranges::equal(text.substr(0, lower_case.size()), lower_case, {}, lower);
}

/// Takes what is in quotes, where \" is a quote, or stands before the next semicolon.
std::string take_value(std::string_view& rest) {
  std::string out;
  if (!rest.starts_with('"')) {
    const auto end = std::min(rest.find(';'), rest.size());
    out = trimmed(rest.substr(0, end));
    rest.remove_prefix(end);
    return out;
  }
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    out += rest[i];
  }
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return out;
}

/// "form-data; name=\"image\"; filename=\"a.png\"": what a name after the first semicolon says.
std::optional<std::string> parameter_of(std::string_view header, std::string_view name) {
  std::string_view rest = header;
  while (true) {
    const auto semicolon = rest.find(';');
    if (semicolon == rest.npos) return std::nullopt;
    rest = trimmed(rest.substr(semicolon + 1));
    const auto equals = rest.find_first_of("=;");
    if (equals == rest.npos || rest[equals] == ';') continue;
    const bool is_it = equals == name.size() && begins_like(rest, name);
    rest.remove_prefix(equals + 1);
    std::string value = take_value(rest);
    if (is_it) return value;
  }
}

void read_header(std::string_view line, FormPart& part) {
  const auto colon = line.find(':');
  if (colon == line.npos) broken("a line of a part's head has no colon");
  const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (name.size() == 19 && begins_like(name, "content-disposition")) {
    part.name = parameter_of(value, "name").value_or("");
    part.filename = parameter_of(value, "filename").value_or("");
  } else if (name.size() == 12 && begins_like(name, "content-type")) {
    part.type = value;
  }
}

FormPart read_part(std::string_view text) {
  FormPart part;
  while (!text.starts_with("\r\n")) {
    const auto end = text.substr(0, kLongestHead).find("\r\n");
    if (end == text.npos) broken("a part's head does not end");
    read_header(text.substr(0, end), part);
    text.remove_prefix(end + 2);
  }
  part.content = text.substr(2);
  return part;
}

}  // namespace

std::vector<FormPart> read_form(std::string_view content_type, std::string_view body) {
  if (!begins_like(content_type, "multipart/form-data"))
    throw HttpProblem(415, "invalid_argument", fmt::format("the body is {}, need multipart/form-data", content_type));
  const std::string boundary = parameter_of(content_type, "boundary").value_or("");
  if (boundary.empty() || boundary.size() > kLongestBoundary) broken("its type names no boundary");
  const std::string delimiter = "\r\n--" + boundary;
  const auto first = body.starts_with(std::string_view(delimiter).substr(2)) ? 0 : body.find(delimiter);
  if (first == body.npos) broken("its boundary does not occur");
  std::vector<FormPart> parts;
  std::string_view rest = body.substr(first + delimiter.size() - (first == 0 && body.starts_with("--") ? 2 : 0));
  while (!rest.starts_with("--")) {
    const auto line_end = rest.find("\r\n");  // blanks may stand before it
    const auto end = rest.find(delimiter);
    if (line_end == rest.npos || end == rest.npos || end < line_end) broken("it is cut off");
    if (!trimmed(rest.substr(0, line_end)).empty()) broken("a boundary is followed by something else");
    if (parts.size() == kMostParts) throw HttpProblem(413, "invalid_argument", "the form has more than 256 parts");
    const std::string_view part = rest.substr(line_end + 2);
    // An empty head's line end may be that of the delimiter.
    parts.push_back(read_part(part.substr(0, std::max(end, line_end + 2) - (line_end + 2))));
    rest.remove_prefix(end + delimiter.size());
  }
  return parts;
}

}  // namespace pxf
