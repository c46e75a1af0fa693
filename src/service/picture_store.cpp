#include "service/picture_store.h"

#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

class Folder : public PictureStore {
 public:
  explicit Folder(fs::path folder) : folder_(std::move(folder)) {}

  Status put(const std::string& name, Bytes bytes) override {
    const fs::path path = folder_ / name;
    std::error_code failed;
    fs::create_directories(path.parent_path(), failed);
    if (failed) return system_error(failed.value(), "make a folder for pictures", path.parent_path());
    return write_file_atomically(path, bytes);
  }

  Result<StoredBytes> get(const std::string& name) override {
    auto file = MappedFile::open(folder_ / name);
    if (!file) return std::move(file).error();
    const Bytes bytes = file.value()->bytes();
    return StoredBytes{bytes, std::move(file).value()};
  }

  Status remove(const std::string& name) override {
    std::error_code failed;
    fs::remove(folder_ / name, failed);
    if (failed) return system_error(failed.value(), "remove a picture", folder_ / name);
    return Done{};
  }

 private:
  fs::path folder_;
};

}  // namespace

std::unique_ptr<PictureStore> open_picture_folder(fs::path folder) {
  return std::make_unique<Folder>(std::move(folder));
}

std::unique_ptr<PictureStore> open_picture_store(const std::string& where, const fs::path& home) {
  if (where.starts_with("s3://")) return open_picture_bucket(where);
  const auto scheme = where.find("://");
  require(scheme == where.npos, "store: got \"{}\", need a folder, or s3://BUCKET", where);
  return open_picture_folder(where.empty() ? home / "outputs" : fs::path(where));
}

}  // namespace pxf
