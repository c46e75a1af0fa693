#include "weights/catalog.h"

#include <algorithm>

#include "base/error.h"
#include "formats/in_quotes.h"

namespace pxf {
namespace {

std::vector<std::string_view> sorted_names(const TensorSource& source) {
  std::vector<std::string_view> names;
  names.reserve(source.tensors().size());
  for (const TensorInfo& tensor : source.tensors()) names.push_back(tensor.name);
  std::ranges::sort(names);
  return names;
}

}  // namespace

Catalog::Catalog(std::shared_ptr<const TensorSource> source)
    : source_(std::move(source)),
      sorted_(std::make_shared<const std::vector<std::string_view>>(sorted_names(*source_))) {}

Catalog Catalog::under(std::string_view path) const {
  Catalog out = *this;
  out.prefix_ += path;
  if (!path.empty()) out.prefix_ += '.';
  return out;
}

bool Catalog::has(std::string_view name) const { return source_->find(prefix_ + std::string(name)) != nullptr; }

bool Catalog::has_any(std::string_view beginning) const {
  const std::string wanted = prefix_ + std::string(beginning);
  const auto at = std::ranges::lower_bound(*sorted_, std::string_view(wanted));
  return at != sorted_->end() && at->starts_with(wanted);
}

Shape Catalog::shape(std::string_view name) const {
  const TensorInfo* info = source_->find(prefix_ + std::string(name));
  if (info == nullptr) {
    throw Failure(Error{ErrorCode::bad_file, fmt::format("has no tensor {}", in_quotes(prefix_ + std::string(name))),
                        source_->name()});
  }
  return info->shape;
}

std::optional<std::int64_t> Catalog::dim(std::string_view name, int i) const {
  const TensorInfo* info = source_->find(prefix_ + std::string(name));
  if (info == nullptr || i >= info->shape.rank()) return std::nullopt;
  return info->shape.dim(i);
}

std::int64_t Catalog::count(std::string_view list) const {
  std::int64_t n = 0;
  while (has_any(fmt::format("{}.{}.", list, n))) ++n;
  return n;
}

Weight Catalog::weight(std::string_view name) const {
  const std::string whole = prefix_ + std::string(name);
  const Shape extents = shape(name);
  const auto release = [source = source_.get(), whole](Bytes) { source->release_pages(whole); };
  return Weight(source_->bytes(whole), source_->find(whole)->dtype, extents, source_, release, whole);
}

std::vector<std::string_view> Catalog::names() const {
  std::vector<std::string_view> out;
  for (auto at = std::ranges::lower_bound(*sorted_, std::string_view(prefix_));
       at != sorted_->end() && at->starts_with(prefix_); ++at) {
    out.push_back(at->substr(prefix_.size()));
  }
  return out;
}

std::string Catalog::metadata(const std::string& key) const {
  const auto at = source_->metadata().find(key);
  return at == source_->metadata().end() ? std::string() : at->second;
}

}  // namespace pxf
