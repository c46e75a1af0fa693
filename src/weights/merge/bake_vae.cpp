#include "weights/merge/bake_vae.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/in_quotes.h"

namespace pxf {
namespace {

class BakedVae final : public TensorSource {
 public:
  /// A tensor, and where it lies.
  struct Origin {
    std::shared_ptr<const void> file;  // kept
    const TensorSource* source;
    std::string name;
  };

  BakedVae(const TensorSource& checkpoint, std::vector<TensorInfo> infos, std::vector<Origin> origins)
      : TensorSource(checkpoint.name(), checkpoint.format(), std::move(infos), checkpoint.metadata()),
        origins_(std::move(origins)) {}

 private:
  Bytes bytes_at(std::size_t index) const override { return origins_[index].source->bytes(origins_[index].name); }
  void release_pages_at(std::size_t index) const noexcept override {
    origins_[index].source->release_pages(origins_[index].name);
  }

  std::vector<Origin> origins_;
};

[[noreturn]] void refuse(const ModelTensors& vae, const std::string& why) {
  throw Failure(Error{ErrorCode::unsupported, why, vae.name()});
}

/// The VAE's tensor in the place of the checkpoint's.
const TensorInfo& in_place_of(const ModelTensors& checkpoint, const ModelTensors& vae, const std::string& name) {
  const TensorInfo *old = checkpoint.find(name), *with = vae.find(name);
  if (with == nullptr) {
    refuse(vae, fmt::format("its VAE has no tensor {}, which that of {} has; need a whole VAE of the same kind",
                            in_quotes(name), checkpoint.name()));
  }
  if (!same_extents(old->shape, with->shape)) {
    refuse(vae, fmt::format("tensor {}: has shape {}, in {} it is {}; need a VAE of the same kind", in_quotes(name),
                            with->shape.text(), checkpoint.name(), old->shape.text()));
  }
  return *with;
}

}  // namespace

std::shared_ptr<const TensorSource> with_vae(const ModelTensors& checkpoint, const ModelTensors& vae) {
  // The catalogs keep the files; so does what is given back.
  const auto keep_checkpoint = std::make_shared<const Catalog>(checkpoint.file());
  const auto keep_vae = std::make_shared<const Catalog>(vae.file());
  const TensorSource &a = keep_checkpoint->source(), &b = keep_vae->source();
  std::vector<TensorInfo> infos;
  std::vector<BakedVae::Origin> origins;
  for (const auto& [name, info] : checkpoint.all()) {
    if (part_of(name) != ModelPart::vae) {
      infos.push_back(*info);
      origins.push_back({keep_checkpoint, &a, info->name});
    } else {
      const TensorInfo& with = in_place_of(checkpoint, vae, name);
      infos.push_back({info->name, with.dtype, is_block_type(with.dtype) ? with.shape : info->shape});
      origins.push_back({keep_vae, &b, with.name});
    }
  }
  bool any = false;
  for (const auto& [name, info] : vae.all()) {
    if (part_of(name) != ModelPart::vae) continue;
    any = true;
    if (checkpoint.find(name) != nullptr) continue;
    infos.push_back({checkpoint.file().prefix() + name, info->dtype, info->shape});
    origins.push_back({keep_vae, &b, info->name});
  }
  if (!any) refuse(vae, fmt::format("is a {}, need a VAE or a checkpoint with one", to_string(vae.what().kind)));
  return std::make_shared<BakedVae>(a, std::move(infos), std::move(origins));
}

}  // namespace pxf
