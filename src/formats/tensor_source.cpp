#include "formats/tensor_source.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "formats/in_quotes.h"

namespace pxf {

TensorSource::TensorSource(std::string name, std::string format, std::vector<TensorInfo> tensors, Metadata metadata)
    : name_(std::move(name)),
      format_(std::move(format)),
      tensors_(std::move(tensors)),
      metadata_(std::move(metadata)),
      by_name_(tensors_.size()) {
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  std::ranges::sort(by_name_, {}, [this](std::uint32_t i) -> std::string_view { return tensors_[i].name; });
}

const TensorInfo* TensorSource::find(std::string_view tensor) const noexcept {
  const auto name_at = [this](std::uint32_t i) -> std::string_view { return tensors_[i].name; };
  const auto it = std::ranges::lower_bound(by_name_, tensor, {}, name_at);
  return it != by_name_.end() && name_at(*it) == tensor ? &tensors_[*it] : nullptr;
}

Bytes TensorSource::bytes(std::string_view tensor) const {
  const TensorInfo* info = find(tensor);
  if (!info) throw Failure(Error{ErrorCode::not_found, "has no tensor " + in_quotes(tensor), name_});
  return bytes_at(static_cast<std::size_t>(info - tensors_.data()));
}

void TensorSource::release_pages(std::string_view tensor) const noexcept {
  if (const TensorInfo* info = find(tensor)) release_pages_at(static_cast<std::size_t>(info - tensors_.data()));
}

std::optional<std::string_view> repeated(std::vector<std::string_view> names) {
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice == names.end()) return std::nullopt;
  return *twice;
}

}  // namespace pxf
