#include <fmt/format.h>
#include <zlib.h>

#include "server/routes.h"

// The text itself; a zero ends it. The assembler finds the file from src/, by the include path.
asm(R"(
  .pushsection .rodata
  pxf_openapi: .incbin "server/openapi.json"
  .byte 0
  .global pxf_openapi
  .hidden pxf_openapi
  .popsection
)");

namespace pxf {

extern "C" const char pxf_openapi[];

std::string_view openapi_text() { return pxf_openapi; }

HttpResponse openapi(const HttpRequest& request) {
  const std::string_view text = openapi_text();
  static const auto crc =
      ::crc32(0, reinterpret_cast<const unsigned char*>(text.data()), static_cast<unsigned>(text.size()));
  return file_response(request, {std::as_bytes(std::span(text)), nullptr}, "application/json",
                       fmt::format("openapi-{:08x}", crc), "no-cache");
}

}  // namespace pxf
