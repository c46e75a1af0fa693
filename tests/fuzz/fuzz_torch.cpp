// Whatever the bytes, opening them as a PyTorch checkpoint either fails with a message or gives tensors that can be
// read; and whatever the pickle, reading it either fails or gives views that all lie inside their storages.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/error.h"
#include "formats/torch.h"
#include "formats/torch_globals.h"
#include "formats/torch_weights.h"

namespace {

using namespace pxf;

void require_that(bool fact) {
  if (!fact) std::abort();
}

volatile std::byte touched;

void check_error(const Error& error) { require_that(!error.message.empty() && error.message.size() < 1000); }

void check_source(const Result<std::shared_ptr<const TensorSource>>& source) {
  if (!source) return check_error(source.error());
  for (const TensorInfo& info : source.value()->tensors()) {
    require_that(source.value()->find(info.name) == &info);
    if (info.byte_count() > 1 << 20) continue;  // made from less: it would only take time
    const auto bytes = catch_errors([&] { return source.value()->bytes(info.name); });
    if (!bytes) {
      check_error(bytes.error());
      continue;
    }
    require_that(bytes.value().size() == info.byte_count());
    if (bytes.value().empty()) continue;
    touched = bytes.value().front();
    touched = bytes.value().back();
  }
}

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
  check_source(open_torch_zip(MappedFile::of_static(bytes, "fuzz")));
  check_source(open_torch_legacy(MappedFile::of_static(bytes, "fuzz")));
  check_pickle(bytes);
  return 0;
}
