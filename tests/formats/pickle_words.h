// Words of the pickle language (protocol 2), to write pickles in tests: dict({{"a", number(1)}}) + kStop.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "zip_bytes.h"

namespace pxf::test {

using Words = std::vector<std::string>;

inline const std::string kStop = ".", kNone = "N", kFalse = "\x89";

inline std::string joined(const Words& words) {
  std::string out;
  for (const std::string& word : words) out += word;
  return out;
}
inline std::string text(const std::string& value) { return "X" + le(static_cast<std::uint32_t>(value.size())) + value; }
inline std::string number(std::int64_t value) { return "\x8a\x08" + le(value); }
inline std::string tuple(const Words& items) { return "(" + joined(items) + "t"; }
inline std::string list(const Words& items) { return "](" + joined(items) + "e"; }
inline std::string dict(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out = "}(";
  for (const auto& [key, value] : entries) out += text(key) + value;
  return out + "u";
}
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string call(const std::string& module, const std::string& name, const Words& arguments) {
  return global(module, name) + tuple(arguments) + "R";
}
inline std::string ordered_dict() { return call("collections", "OrderedDict", {}); }

// What torch.save writes.

inline std::string storage(const std::string& type, const std::string& key, std::int64_t elements) {
  const std::string module = type == "UntypedStorage" ? "torch.storage" : "torch";
  return tuple({text("storage"), global(module, type), text(key), text("cpu"), number(elements)}) + "Q";
}
inline std::string numbers(const std::vector<std::int64_t>& values) {
  Words words;
  for (const std::int64_t value : values) words.push_back(number(value));
  return tuple(words);
}
inline std::string tensor(const std::string& stored, std::int64_t offset, const std::vector<std::int64_t>& size,
                          const std::vector<std::int64_t>& stride) {
  return call("torch._utils", "_rebuild_tensor_v2",
              {stored, number(offset), numbers(size), numbers(stride), kFalse, ordered_dict()});
}
/// One vector that fills the storage of this key.
inline std::string vector_tensor(const std::string& key, std::int64_t elements) {
  return tensor(storage("FloatStorage", key, elements), 0, {elements}, {1});
}

inline std::string float_bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}
/// A checkpoint of the new format; `storages` as {"0", bytes}.
inline std::string torch_zip(const std::string& pickle,
                             const std::vector<std::pair<std::string, std::string>>& storages,
                             std::vector<ZipFile> more = {}) {
  std::vector<ZipFile> files = {{.name = "it/data.pkl", .content = pickle}};
  for (const auto& [key, bytes] : storages) files.push_back({.name = "it/data/" + key, .content = bytes});
  files.insert(files.end(), more.begin(), more.end());
  return zip_bytes(files);
}

}  // namespace pxf::test
