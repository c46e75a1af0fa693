// Whatever the bytes, opening them as GGUF either fails with a message or gives tensors that lie inside the file and
// widen to f32.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "formats/gguf.h"
#include "tensor/widen.h"

namespace {

void require_that(bool fact) {
  if (!fact) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxf;
  const auto source = open_gguf(MappedFile::of_static(std::as_bytes(std::span(data, size)), "fuzz"));
  if (!source) {
    require_that(!source.error().message.empty() && source.error().message.size() < 1000);
    return 0;
  }
  for (const TensorInfo& info : source.value()->tensors()) {
    require_that(source.value()->find(info.name) == &info);
    const Bytes bytes = source.value()->bytes(info.name);
    require_that(bytes.size() == info.byte_count() && bytes.size() <= size);
    std::vector<float> ends(std::min<std::size_t>(300, static_cast<std::size_t>(info.shape.numel())));
    widen_to_f32(bytes, info.dtype, ends);
    widen_to_f32(bytes, info.dtype, info.shape.numel() - std::ssize(ends), ends);
  }
  return 0;
}
