#include <string>
#include <unordered_map>
#include <utility>

#include "formats/in_quotes.h"
#include "formats/mapped_source.h"
#include "formats/torch.h"
#include "formats/torch_globals.h"
#include "formats/torch_source.h"

namespace pxf {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";  // 0x1950a86a20f9469cfc6c
constexpr std::int64_t kVersion = 1001;
constexpr std::size_t kCountBytes = 8;

/// The file, read from its beginning.
class LegacyReader {
 public:
  explicit LegacyReader(Bytes file) : rest_(file) {}

  Result<Pickle> pickle() {
    auto read = read_pickle(rest_, torch_may_call);
    if (read) rest_ = rest_.subspan(read.value().size);
    return read;
  }

  /// The next storage: its number of elements, then these.
  Result<Bytes> storage(const TorchStorage& storage) {
    if (rest_.size() < kCountBytes || rest_.size() - kCountBytes < storage.size) {
      return make_error(ErrorCode::bad_file, "storage {}: needs {} bytes, the file has {} left; it is cut off",
                        in_quotes(storage.key), storage.size + kCountBytes, rest_.size());
    }
    if (const auto count = load_le<std::uint64_t>(rest_); count != storage.elements) {
      return make_error(ErrorCode::bad_file, "storage {}: got {} elements, need {}; the file is damaged",
                        in_quotes(storage.key), count, storage.elements);
    }
    const Bytes elements = rest_.subspan(kCountBytes, storage.size);
    rest_ = rest_.subspan(kCountBytes + storage.size);
    return elements;
  }

 private:
  Bytes rest_;
};

/// Magic number, version and system.
Status read_preamble(LegacyReader& reader) {
  const auto magic = reader.pickle();
  if (!magic) return magic.error();
  const PickleValue& number = magic.value()[magic.value().root];
  if (number.kind != Kind::bytes || number.text != kMagic) {
    return make_error(ErrorCode::bad_file,
                      "is a Python pickle without PyTorch's mark, not a checkpoint; save it with torch.save");
  }
  const auto version = reader.pickle();
  if (!version) return version.error();
  if (const PickleValue& v = version.value()[version.value().root]; v.integer != kVersion) {
    return make_error(ErrorCode::unsupported, "is of version {} of PyTorch's old format, need {}", v.integer, kVersion);
  }
  const auto system = reader.pickle();
  if (!system) return system.error();
  const auto& items = system.value()[system.value().root].items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (system.value()[items[i]].text == "little_endian" && system.value()[items[i + 1]].integer == 0) {
      return make_error(ErrorCode::unsupported, "was written by a big-endian machine; save it on a little-endian one");
    }
  }
  return Done{};
}

/// The storages follow each other in the order of the list of keys.
Result<std::vector<StoredBytes>> find_storages(LegacyReader& reader, const TorchWeights& weights) {
  const auto keys = reader.pickle();
  if (!keys) return keys.error();
  std::unordered_map<std::string_view, std::size_t> wanted;
  for (std::size_t i = 0; i < weights.storages.size(); ++i) wanted.emplace(weights.storages[i].key, i);

  std::vector<StoredBytes> stored(weights.storages.size());
  for (const PickleRef ref : keys.value()[keys.value().root].items) {
    const std::string_view key = keys.value()[ref].text;
    const auto at = wanted.find(key);
    if (at == wanted.end()) {
      return make_error(ErrorCode::bad_file, "storage {}: is listed twice, or no tensor is in it; the file is damaged",
                        in_quotes(key));
    }
    auto bytes = reader.storage(weights.storages[at->second]);
    if (!bytes) return bytes.error();
    stored[at->second] = bytes.value();
    wanted.erase(at);
  }
  if (wanted.empty()) return stored;
  return make_error(ErrorCode::bad_file, "storage {} is not in the file; it is damaged: download or copy it again",
                    in_quotes(wanted.begin()->first));
}

Result<std::shared_ptr<const TensorSource>> open_checked_legacy(std::shared_ptr<const MappedFile> file) {
  LegacyReader reader(file->bytes());
  if (auto preamble = read_preamble(reader); !preamble) return preamble.error();
  const auto object = reader.pickle();
  if (!object) return object.error();
  auto weights = read_torch_weights(object.value());
  if (!weights) return std::move(weights).error();
  auto stored = find_storages(reader, weights.value());
  if (!stored) return std::move(stored).error();
  return make_torch_source(std::move(file), std::move(weights).value(), std::move(stored).value());
}

}  // namespace

Result<std::shared_ptr<const TensorSource>> open_torch_legacy(std::shared_ptr<const MappedFile> file) {
  return open_named(std::move(file), open_checked_legacy);
}

}  // namespace pxf
