// A safetensors file taken apart, so that a test can put together one that lacks something.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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

/// Numbers between -0.1 and 0.1 by chance, the same every time.
inline std::vector<float> some_numbers(std::size_t count) {
  std::vector<float> out(count);
  std::uint32_t state = 1;
  for (float& one : out) {
    state = state * 1664525u + 1013904223u;
    one = (static_cast<float>(state >> 8) / 16777216.0f - 0.5f) / 5;
  }
  return out;
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

  /// Makes an F16 tensor F32, so many times as large.
  void scale(const std::string& name, float factor) {
    nlohmann::json& tensor = header_.at(name);
    const std::size_t begin = tensor["data_offsets"][0], end = tensor["data_offsets"][1];
    std::string scaled;
    for (std::size_t i = begin; i < end; i += sizeof(std::uint16_t)) {
      std::uint16_t half = 0;
      std::memcpy(&half, &data_[i], sizeof half);
      const float value = factor * of_half(half);
      scaled.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    tensor["dtype"] = "F32";
    tensor["data_offsets"] = {data_.size(), data_.size() + scaled.size()};
    data_ += scaled;
  }

  /// The other's tensors whose names begin so.
  void take(const WeightsFile& other, const std::string& beginning) {
    for (const auto& [name, tensor] : other.header_.items()) {
      if (!name.starts_with(beginning)) continue;
      const std::size_t begin = tensor["data_offsets"][0], end = tensor["data_offsets"][1];
      header_[name] = tensor;
      header_[name]["data_offsets"] = {data_.size(), data_.size() + end - begin};
      data_ += other.data_.substr(begin, end - begin);
    }
  }

  std::vector<std::string> names_ending(const std::string& end) const {
    std::vector<std::string> out;
    for (const auto& [name, tensor] : header_.items()) {
      if (name.ends_with(end)) out.push_back(name);
    }
    return out;
  }
  std::vector<std::int64_t> shape(const std::string& name) const { return header_.at(name).at("shape"); }

  void add(const std::string& name, const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
    const std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    header_[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {data_.size(), data_.size() + bytes.size()}}};
    data_ += bytes;
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
  /// Of a finite one.
  static float of_half(std::uint16_t bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const float size = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                                     : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
    return (bits & 0x8000) != 0 ? -size : size;
  }

  nlohmann::json header_;
  std::string data_;
};

}  // namespace pxf::test
