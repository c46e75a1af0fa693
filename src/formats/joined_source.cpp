#include "formats/joined_source.h"

#include <set>
#include <utility>

#include "formats/in_quotes.h"

namespace pxf {
namespace {

class JoinedSource final : public TensorSource {
 public:
  JoinedSource(std::string name, std::string format, std::vector<TensorInfo> infos, std::vector<JoinedTensor> tensors,
               Metadata metadata)
      : TensorSource(std::move(name), std::move(format), std::move(infos), std::move(metadata)),
        tensors_(std::move(tensors)) {}

  std::string stamp() const override {
    std::set<const TensorSource*> files;
    std::string out;
    for (const JoinedTensor& tensor : tensors_) {
      if (files.insert(tensor.source.get()).second) out += tensor.source->stamp() + ";";
    }
    return out;
  }

 private:
  Bytes bytes_at(std::size_t index) const override { return tensors_[index].source->bytes(tensors_[index].info->name); }
  void release_pages_at(std::size_t index) const noexcept override {
    tensors_[index].source->release_pages(tensors_[index].info->name);
  }

  std::vector<JoinedTensor> tensors_;
};

}  // namespace

Result<std::shared_ptr<const TensorSource>> join_tensors(std::string name, std::string format,
                                                         std::vector<JoinedTensor> tensors,
                                                         TensorSource::Metadata metadata) {
  std::vector<TensorInfo> infos;
  std::vector<std::string_view> names;
  for (const JoinedTensor& tensor : tensors) {
    infos.push_back({tensor.name, tensor.info->dtype, tensor.info->shape});
    names.push_back(tensor.name);
  }
  if (const auto twice = repeated(std::move(names))) {
    return Error{ErrorCode::bad_file, fmt::format("tensor {}: is there twice", in_quotes(*twice)), std::move(name)};
  }
  return std::shared_ptr<const TensorSource>(std::make_shared<JoinedSource>(
      std::move(name), std::move(format), std::move(infos), std::move(tensors), std::move(metadata)));
}

}  // namespace pxf
