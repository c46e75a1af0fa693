// Forms with files: the first line is the type, the rest the body.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/multipart.h"
#include "server/router.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto line = std::min(text.find('\n'), text.size());
  const std::string_view body = text.substr(std::min(line + 1, text.size()));
  try {
    for (const pxf::FormPart& part : pxf::read_form(text.substr(0, line), body)) {
      const bool is_inside =
          part.content.data() >= body.data() && part.content.data() + part.content.size() <= body.data() + body.size();
      if (!is_inside) std::abort();
    }
  } catch (const pxf::HttpProblem&) {
  }
  return 0;
}
