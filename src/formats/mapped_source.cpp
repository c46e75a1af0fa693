#include "formats/mapped_source.h"

#include <utility>

#include "base/error.h"

namespace pxf {
namespace {

class MappedSource final : public TensorSource {
 public:
  MappedSource(std::shared_ptr<const MappedFile> file, std::string format, std::vector<TensorInfo> tensors,
               std::vector<Bytes> parts, Metadata metadata)
      : TensorSource(file->name(), std::move(format), std::move(tensors), std::move(metadata)),
        file_(std::move(file)),
        parts_(std::move(parts)) {}

  std::string stamp() const override { return file_->stamp(); }

 private:
  Bytes bytes_at(std::size_t index) const override { return parts_[index]; }
  void release_pages_at(std::size_t index) const noexcept override { file_->release_pages(parts_[index]); }

  std::shared_ptr<const MappedFile> file_;
  std::vector<Bytes> parts_;
};

}  // namespace

std::shared_ptr<const TensorSource> make_mapped_source(std::shared_ptr<const MappedFile> file, std::string format,
                                                       std::vector<TensorInfo> tensors, std::vector<Bytes> parts,
                                                       TensorSource::Metadata metadata) {
  return std::make_shared<MappedSource>(std::move(file), std::move(format), std::move(tensors), std::move(parts),
                                        std::move(metadata));
}

OpenedSource open_named(std::shared_ptr<const MappedFile> file,
                        OpenedSource (*open)(std::shared_ptr<const MappedFile>)) {
  const std::string name = file->name();
  auto source = open(std::move(file));
  if (!source) return with_context(std::move(source).error(), name);
  return source;
}

}  // namespace pxf
