// Whatever the bytes, opening them as GGUF either fails with a message or gives tensors that lie inside the file and
// widen to f32.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "check_source.h"
#include "formats/gguf.h"
#include "tensor/widen.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxf;
  const auto widen_ends = [&](const TensorInfo& info, Bytes bytes) {
    test::require_that(bytes.size() <= size);
    std::vector<float> ends(std::min<std::size_t>(300, static_cast<std::size_t>(info.shape.numel())));
    widen_to_f32(bytes, info.dtype, ends);
    widen_to_f32(bytes, info.dtype, info.shape.numel() - std::ssize(ends), ends);
  };
  test::check_source(open_gguf(MappedFile::of_static(std::as_bytes(std::span(data, size)), "fuzz")), widen_ends);
  return 0;
}
