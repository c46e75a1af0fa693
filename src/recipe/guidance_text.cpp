#include "recipe/guidance_fields.h"
#include "recipe/method_text.h"

namespace pxf {

Result<Guidance> parse_guidance(const std::string& text) {
  return catch_errors([&] { return method_text::read<Guidance>("guidance", text); });
}

std::string to_text(const Guidance& guidance) { return method_text::write(guidance); }

}  // namespace pxf
