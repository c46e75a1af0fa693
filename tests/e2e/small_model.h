// A model file of any size that is made in no time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace pxf::test {

/// Safetensors with one tensor of so many bytes, all `fill`.
inline void write_small_model(const std::filesystem::path& path, std::size_t bytes, char fill) {
  const std::string count = std::to_string(bytes);
  const std::string header =
      R"({"lora_unet_x.lora_up.weight":{"dtype":"I8","shape":[)" + count + R"(],"data_offsets":[0,)" + count + "]}}";
  const std::uint64_t length = header.size();
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << header << std::string(bytes, fill);
}

}  // namespace pxf::test
