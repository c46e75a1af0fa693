// Whatever the bytes, opening them either fails with a message or gives tensors that all lie inside the file.
#include <cstddef>
#include <cstdint>
#include <span>

#include "check_source.h"
#include "formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxf;
  test::check_source(open_safetensors(MappedFile::of_static(std::as_bytes(std::span(data, size)), "fuzz")),
                     test::touch);
  return 0;
}
