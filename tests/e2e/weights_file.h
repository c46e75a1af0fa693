// A safetensors file taken apart, so that a test can put together one that lacks something.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "files.h"

namespace pxf::test {

/// The embedded starter as a file.
inline std::filesystem::path starter_file() {
  return std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "assets/starter/starter.safetensors";
}

/// Writes a safetensors file that takes no room: zeros for all that `tensors`, a header's text in braces, names.
inline void write_sparse_weights(const std::filesystem::path& path, const std::string& tensors, std::uint64_t bytes) {
  const std::uint64_t length = tensors.size();
  std::ofstream(path, std::ios::binary) << std::string(reinterpret_cast<const char*>(&length), sizeof length)
                                        << tensors;
  std::filesystem::resize_file(path, sizeof length + length + bytes);
}

class WeightsFile {
 public:
  explicit WeightsFile(const std::filesystem::path& path) {
    const std::string bytes = content_of(path);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    header_ = nlohmann::json::parse(bytes.substr(sizeof length, length));
    data_ = bytes.substr(sizeof length + length);
  }

  /// Drops the tensors whose names begin so.
  void drop(const std::string& beginning) {
    for (auto it = header_.begin(); it != header_.end();) {
      it = it.key().starts_with(beginning) ? header_.erase(it) : std::next(it);
    }
  }

  void drop_metadata(const std::string& key) { header_.at("__metadata__").erase(key); }

  /// Overwrites a tensor's bytes: 0xff makes NaN of every float type.
  void fill(const std::string& name, char byte) {
    const auto& offsets = header_.at(name).at("data_offsets");
    for (std::size_t i = offsets[0]; i < offsets[1]; ++i) data_[i] = byte;
  }

  void write(const std::filesystem::path& path) const {
    nlohmann::json header = header_;
    std::string data;
    for (auto& [name, tensor] : header.items()) {
      if (name == "__metadata__") continue;
      const std::size_t begin = tensor["data_offsets"][0], end = tensor["data_offsets"][1];
      tensor["data_offsets"] = {data.size(), data.size() + end - begin};
      data += data_.substr(begin, end - begin);
    }
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&length), sizeof length);
    file << text << data;
  }

 private:
  nlohmann::json header_;
  std::string data_;
};

}  // namespace pxf::test
