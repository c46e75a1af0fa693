// Files as tests read them, and how the tests were built; nothing of the library.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace pxf::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#elif defined(__has_feature)
inline constexpr bool kAddressSanitizer = __has_feature(address_sanitizer);  // which reserves terabytes of addresses
#else
inline constexpr bool kAddressSanitizer = false;
#endif

/// All bytes of a file; none of one that is not there.
inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::string bytes(static_cast<std::size_t>(file.tellg()), '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace pxf::test
