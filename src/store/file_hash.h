// The sha256 of a file, read through a small buffer so that a large file does not push everything else out of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "pixelforge/cancel.h"

namespace pxf {

/// Bytes in, a digest out; for who reads the bytes anyway.
class Sha256 {
 public:
  /// Throws Failure(internal) when the crypto library lacks it.
  Sha256();
  void add(const void* bytes, std::size_t count);
  /// Lower-case hexadecimal; ends it.
  std::string digest();

 private:
  struct State;
  struct Free {
    void operator()(State* state) const noexcept;
  };
  std::unique_ptr<State, Free> state_;
};

/// Lower-case hexadecimal. Errors: not_found, io, cancelled. `cancel` may be null.
Result<std::string> sha256_of_file(const std::filesystem::path& path, const CancelToken* cancel);
/// The same of bytes in memory. Error: internal.
Result<std::string> sha256_of(Bytes bytes);

/// What programs know a file by.
struct FileDigests {
  std::string sha256;          // of all of it; A1111's hash of a checkpoint (AutoV2) are its first 10 digits
  std::string tensors_sha256;  // of what follows the header of a safetensors file: kohya's and ModelSpec's; else empty
  std::string auto_v1;         // A1111's first hash: 8 digits of the sha256 of 64 KiB from 1 MiB on
};

/// All of them, in one reading of the file. Errors: as sha256_of_file.
Result<FileDigests> digests_of_file(const std::filesystem::path& path, const CancelToken* cancel);

/// Files that are no longer have nothing there: all of them have the same auto_v1.
inline constexpr std::uint64_t kAutoV1Begin = std::uint64_t{1} << 20;

}  // namespace pxf
