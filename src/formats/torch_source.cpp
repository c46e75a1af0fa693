#include "formats/torch_source.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>

#include "base/error.h"

namespace pxf {
namespace {

/// Copies a view's elements, row-major, to `to`, which moves past them.
void gather(Bytes storage, const TorchTensor& tensor, int dim, std::uint64_t offset, std::byte*& to) {
  const std::size_t element = size_of(tensor.info.dtype);
  if (dim == tensor.info.shape.rank()) {
    std::memcpy(to, storage.data() + offset * element, element);
    to += element;
    return;
  }
  for (std::int64_t i = 0; i < tensor.info.shape.dim(dim); ++i) {
    gather(storage, tensor, dim + 1, offset, to);
    offset += tensor.strides[static_cast<std::size_t>(dim)];
  }
}

bool is_deflated(const StoredBytes& stored) {
  const auto* entry = std::get_if<ZipEntry>(&stored);
  return entry && entry->deflated;
}

class TorchSource final : public TensorSource {
 public:
  /// `views[i]` is tensor i.
  TorchSource(std::shared_ptr<const MappedFile> file, std::vector<TensorInfo> tensors, Metadata metadata,
              std::vector<TorchTensor> views, std::vector<StoredBytes> stored)
      : TensorSource(file->name(), "PyTorch", std::move(tensors), std::move(metadata)),
        file_(std::move(file)),
        views_(std::move(views)),
        stored_(std::move(stored)),
        storages_(stored_.size()),
        gathered_(views_.size()) {}

  std::string stamp() const override { return file_->stamp(); }

 private:
  Bytes bytes_at(std::size_t index) const override {
    const TorchTensor& view = views_[index];
    std::lock_guard lock(mutex_);
    const Bytes storage = storage_bytes(view.storage);
    if (view.contiguous()) return elements(storage, view);
    std::vector<std::byte>& out = gathered_[index];
    if (out.empty()) {
      out.resize(view.info.byte_count());
      std::byte* to = out.data();
      gather(storage, view, 0, view.offset, to);
    }
    return out;
  }

  void release_pages_at(std::size_t index) const noexcept override {
    const TorchTensor& view = views_[index];
    std::lock_guard lock(mutex_);
    const auto& storage = storages_[view.storage];
    if (storage && storage->inflated.empty() && view.contiguous()) {
      file_->release_pages(elements(storage->bytes, view));
    }
  }

  static Bytes elements(Bytes storage, const TorchTensor& view) noexcept {
    return storage.subspan(view.offset * block_bytes(view.info.dtype), view.info.byte_count());
  }

  struct Storage {
    std::vector<std::byte> inflated;
    Bytes bytes;  // these, or the file's
  };

  /// Found, and inflated, at the first call. The caller holds mutex_.
  Bytes storage_bytes(std::size_t i) const {
    if (!storages_[i]) storages_[i] = value_or_throw(find(stored_[i]));
    return storages_[i]->bytes;
  }
  Result<Storage> find(const StoredBytes& stored) const {
    if (const Bytes* bytes = std::get_if<Bytes>(&stored)) return Storage{{}, *bytes};
    const ZipEntry& entry = std::get<ZipEntry>(stored);
    if (!entry.deflated) {
      const auto bytes = stored_bytes(file_->bytes(), entry);
      if (!bytes) return with_context(bytes.error(), name());
      return Storage{{}, bytes.value()};
    }
    auto content = inflated(file_->bytes(), entry);
    if (!content) return with_context(std::move(content).error(), name());
    Storage out{std::move(content).value(), {}};
    out.bytes = out.inflated;  // moving a vector leaves its elements where they are
    return out;
  }

  std::shared_ptr<const MappedFile> file_;
  std::vector<TorchTensor> views_;
  std::vector<StoredBytes> stored_;
  mutable std::mutex mutex_;  // guards the two below; what is in them once stays as it is
  mutable std::vector<std::optional<Storage>> storages_;
  mutable std::vector<std::vector<std::byte>> gathered_;  // by tensor; empty where a view will do
};

/// What the source may have to keep in memory.
Status check_made_bytes(const TorchWeights& weights, const std::vector<StoredBytes>& stored, std::uint64_t file_size) {
  const std::uint64_t limit = (std::uint64_t{64} << 20) + 16 * file_size;
  std::uint64_t made = 0;
  bool countable = true;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (is_deflated(stored[i])) countable = countable && checked_add(made, weights.storages[i].size, made);
  }
  for (const TorchTensor& tensor : weights.tensors) {
    const auto size = bytes_of(tensor.info.dtype, tensor.info.shape.numel());
    countable = countable && size;
    if (countable && !tensor.contiguous()) countable = checked_add(made, *size, made);
  }
  if (countable && made <= limit) return Done{};
  return make_error(ErrorCode::unsupported,
                    "its compressed storages and strided tensors would take {} bytes of memory, at most {} are allowed "
                    "for a file of {}; save contiguous tensors without compression",
                    countable ? fmt::to_string(made) : "more than countable", limit, file_size);
}

}  // namespace

Result<std::shared_ptr<const TensorSource>> make_torch_source(std::shared_ptr<const MappedFile> file,
                                                              TorchWeights weights, std::vector<StoredBytes> stored) {
  if (auto checked = check_made_bytes(weights, stored, file->bytes().size()); !checked) return checked.error();
  const auto place = [&](const TorchTensor& tensor) {
    const StoredBytes& where = stored[tensor.storage];
    const Bytes* bytes = std::get_if<Bytes>(&where);
    const auto at =
        bytes ? static_cast<std::uint64_t>(bytes->data() - file->bytes().data()) : std::get<ZipEntry>(where).offset;
    return std::tuple(at, tensor.offset, std::string_view(tensor.info.name));
  };
  std::ranges::sort(weights.tensors, {}, place);
  std::vector<TensorInfo> tensors;
  tensors.reserve(weights.tensors.size());
  for (const TorchTensor& tensor : weights.tensors) tensors.push_back(tensor.info);
  return std::shared_ptr<const TensorSource>(std::make_shared<TorchSource>(
      std::move(file), std::move(tensors), std::move(weights.metadata), std::move(weights.tensors), std::move(stored)));
}

}  // namespace pxf
