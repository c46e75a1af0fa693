// The sha256 of a file, read through a small buffer so that a large file does not push everything else out of memory.
#pragma once

#include <cstddef>
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

}  // namespace pxf
