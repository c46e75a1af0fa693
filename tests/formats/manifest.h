// The manifests of golden/formats and golden/malformed, and values in the form that they hash.
#pragma once

#include <openssl/evp.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "formats/tensor_source.h"
#include "support.h"
#include "tensor/widen.h"

namespace pxf::test {

/// The list `key` of a part's manifest.
inline nlohmann::json manifest(const std::string& part, const char* key) {
  std::ifstream file(golden_folder() / part / "manifest.json");
  return nlohmann::json::parse(file)[key];
}

inline std::string sha256(Bytes bytes) {
  unsigned char digest[32];
  EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, EVP_sha256(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

inline std::vector<float> values_of(const TensorSource& source, const TensorInfo& info) {
  std::vector<float> values(static_cast<std::size_t>(info.shape.numel()));
  widen_to_f32(source.bytes(info.name), info.dtype, values);
  return values;
}

/// The manifest hashes f32 values with every NaN as 0x7fc00000.
inline std::string hash_as_f32(const TensorSource& source, const TensorInfo& info) {
  std::vector<float> values = values_of(source, info);
  for (float& value : values) {
    if (std::isnan(value)) value = std::bit_cast<float>(0x7fc00000u);
  }
  return sha256(std::as_bytes(std::span(values)));
}

}  // namespace pxf::test
