#include <string>
#include <utility>

#include "formats/in_quotes.h"
#include "formats/mapped_source.h"
#include "formats/torch.h"
#include "formats/torch_globals.h"
#include "formats/torch_source.h"

namespace pxf {
namespace {

constexpr std::string_view kPickleName = "data.pkl";

/// "archive/": the folder that data.pkl lies in; its name is any.
Result<std::string> find_root(const std::vector<ZipEntry>& entries) {
  for (const ZipEntry& entry : entries) {
    const auto slash = entry.name.find('/');
    if (slash == std::string_view::npos || entry.name.substr(slash + 1) != kPickleName) continue;
    std::string root(entry.name.substr(0, slash + 1));
    if (find_entry(entries, root + "constants.pkl")) {
      return make_error(ErrorCode::unsupported, "is a TorchScript program, not weights; save its state_dict() instead");
    }
    return root;
  }
  return make_error(ErrorCode::bad_file, "is a zip archive without data.pkl, not a PyTorch checkpoint");
}

Status check_byte_order(Bytes archive, const std::vector<ZipEntry>& entries, const std::string& root) {
  const ZipEntry* entry = find_entry(entries, root + "byteorder");
  if (!entry || entry->deflated) return Done{};
  const auto order = stored_bytes(archive, *entry);
  if (!order) return order.error();
  if (as_text(order.value()) != "big") return Done{};
  return make_error(ErrorCode::unsupported, "was written by a big-endian machine; save it on a little-endian one");
}

/// data.pkl, inflated into `memory` if need be.
Result<Bytes> pickle_bytes(Bytes archive, const ZipEntry& entry, std::vector<std::byte>& memory) {
  if (entry.size > kMaxPickleBytes) {
    return make_error(ErrorCode::unsupported, "data.pkl: got {} bytes, at most {} are read", entry.size,
                      kMaxPickleBytes);
  }
  if (!entry.deflated) return stored_bytes(archive, entry);
  auto content = inflated(archive, entry);
  if (!content) return std::move(content).error();
  memory = std::move(content).value();
  return Bytes(memory);
}

Result<TorchWeights> read_weights(Bytes bytes) {
  const auto pickle = read_pickle(bytes, torch_may_call);
  if (!pickle) return pickle.error();
  if (pickle.value().size != bytes.size()) {
    return make_error(ErrorCode::bad_file, "pickle: {} bytes after its end belong to nothing; the file is damaged",
                      bytes.size() - pickle.value().size);
  }
  return read_torch_weights(pickle.value());
}

Result<StoredBytes> find_storage(const std::vector<ZipEntry>& entries, const std::string& root,
                                 const TorchStorage& storage) {
  const ZipEntry* entry = find_entry(entries, root + "data/" + storage.key);
  if (!entry) {
    return make_error(ErrorCode::bad_file, "storage {} is not in the archive; it is damaged: download or copy it again",
                      in_quotes(storage.key));
  }
  if (entry->size != storage.size) {
    return make_error(ErrorCode::bad_file, "storage {}: {} elements need {} bytes, the archive gives {}; it is damaged",
                      in_quotes(storage.key), storage.elements, storage.size, entry->size);
  }
  return StoredBytes(*entry);
}

Result<std::shared_ptr<const TensorSource>> open_checked_zip(std::shared_ptr<const MappedFile> file) {
  const Bytes archive = file->bytes();
  const auto table = read_zip(archive);
  if (!table) return table.error();
  const std::vector<ZipEntry>& entries = table.value();
  const auto root = find_root(entries);
  if (!root) return root.error();
  if (auto order = check_byte_order(archive, entries, root.value()); !order) return order.error();

  std::vector<std::byte> memory;
  const ZipEntry& pickle = *find_entry(entries, root.value() + std::string(kPickleName));
  const auto bytes = pickle_bytes(archive, pickle, memory);
  if (!bytes) return bytes.error();
  auto weights = read_weights(bytes.value());
  if (!weights) return std::move(weights).error();

  std::vector<StoredBytes> stored;
  for (const TorchStorage& storage : weights.value().storages) {
    auto found = find_storage(entries, root.value(), storage);
    if (!found) return std::move(found).error();
    stored.push_back(std::move(found).value());
  }
  return make_torch_source(std::move(file), std::move(weights).value(), std::move(stored));
}

}  // namespace

Result<std::shared_ptr<const TensorSource>> open_torch_zip(std::shared_ptr<const MappedFile> file) {
  return open_named(std::move(file), open_checked_zip);
}

}  // namespace pxf
