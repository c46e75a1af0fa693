// Where files of pictures lie, under names of our own making ("2026/11/30/ID.png"). Thread-safe.
// Errors: not_found, io, no_space.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace pxf {

/// Bytes, and whatever keeps them there.
struct StoredBytes {
  Bytes bytes;
  std::shared_ptr<const void> owner;
};

class PictureStore {
 public:
  virtual ~PictureStore() = default;
  PictureStore() = default;
  PictureStore(const PictureStore&) = delete;
  PictureStore& operator=(const PictureStore&) = delete;

  /// Once it returns, the file is there whole.
  virtual Status put(const std::string& name, Bytes bytes) = 0;
  virtual Result<StoredBytes> get(const std::string& name) = 0;
  /// A file that is not there is as good as removed.
  virtual Status remove(const std::string& name) = 0;
};

std::unique_ptr<PictureStore> open_picture_folder(std::filesystem::path folder);
/// Of "s3://BUCKET" or "s3://BUCKET/PREFIX", with the keys, region and endpoint in AWS's variables of the environment.
/// Throws Failure(invalid_argument).
std::unique_ptr<PictureStore> open_picture_bucket(const std::string& address);
/// Either of them; empty: the folder "outputs" in the home. Throws Failure(invalid_argument).
std::unique_ptr<PictureStore> open_picture_store(const std::string& where, const std::filesystem::path& home);

}  // namespace pxf
