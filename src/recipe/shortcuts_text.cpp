#include "recipe/method_text.h"
#include "recipe/shortcuts_fields.h"
#include "sampling/names.h"

namespace pxf {

Result<Shortcuts> parse_shortcuts(const std::string& text) {
  if (same_name(text, "none")) return Shortcuts{};
  return catch_errors([&] { return method_text::read<Shortcuts>("shortcut", text); });
}

std::string to_text(const Shortcuts& shortcuts) { return method_text::write(shortcuts); }

}  // namespace pxf
