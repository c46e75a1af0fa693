// Whatever the bytes, opening them either fails with a message or gives tensors that all lie inside the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "formats/safetensors.h"
#include "tensor/dtype.h"

namespace {

void require_that(bool fact) {
  if (!fact) std::abort();
}

volatile std::byte touched;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxf;
  const auto source = open_safetensors(MappedFile::of_static(std::as_bytes(std::span(data, size)), "fuzz"));
  if (!source) {
    require_that(!source.error().message.empty() && source.error().message.size() < 1000);
    return 0;
  }
  for (const TensorInfo& info : source.value()->tensors()) {
    require_that(source.value()->find(info.name) == &info);
    const Bytes bytes = source.value()->bytes(info.name);
    require_that(bytes.size() == static_cast<std::size_t>(info.shape.numel()) * size_of(info.dtype));
    if (bytes.empty()) continue;
    touched = bytes.front();
    touched = bytes.back();
  }
  return 0;
}
