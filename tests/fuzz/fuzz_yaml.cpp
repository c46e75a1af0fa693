// Settings of other programs: YAML, and the command line in A1111's script.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "catalog/yaml.h"
#include "library/model_folders.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(pxf::parse_yaml(text));
  static_cast<void>(pxf::folders_of_command_line(text, "/"));
  return 0;
}
