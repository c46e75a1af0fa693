// Whatever the bytes, opening them as a PyTorch checkpoint either fails with a message or gives tensors that can be
// read; and whatever the pickle, reading it either fails or gives views that all lie inside their storages.
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "check_source.h"
#include "formats/torch.h"
#include "formats/torch_globals.h"
#include "formats/torch_weights.h"

namespace {

using namespace pxf;

using test::check_error;
using test::require_that;

constexpr test::Making kMaking{.may_fail = true, .most = 1 << 20};

void check_pickle(Bytes bytes) {
  const auto pickle = read_pickle(bytes, torch_may_call);
  if (!pickle) return check_error(pickle.error());
  require_that(pickle.value().size <= bytes.size());
  const auto weights = read_torch_weights(pickle.value());
  if (!weights) return check_error(weights.error());
  for (const TorchTensor& tensor : weights.value().tensors) {
    std::uint64_t last = tensor.offset;
    for (int i = 0; i < tensor.info.shape.rank() && tensor.info.shape.numel() > 0; ++i) {
      last += static_cast<std::uint64_t>(tensor.info.shape.dim(i) - 1) * tensor.strides[static_cast<std::size_t>(i)];
    }
    const std::uint64_t elements = weights.value().storages[tensor.storage].size / size_of(tensor.info.dtype);
    require_that(tensor.info.shape.numel() == 0 ? last <= elements : last < elements);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes = std::as_bytes(std::span(data, size));
  test::check_source(open_torch_zip(MappedFile::of_static(bytes, "fuzz")), test::touch, kMaking);
  test::check_source(open_torch_legacy(MappedFile::of_static(bytes, "fuzz")), test::touch, kMaking);
  check_pickle(bytes);
  return 0;
}
