#include "formats/gguf.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "formats/gguf_header.h"
#include "formats/in_quotes.h"
#include "formats/mapped_source.h"

namespace pxf {
namespace {

/// `entries` sorted by place: each aligned, inside the data, and behind the one before.
Status check_layout(const std::vector<GgufEntry>& entries, std::uint64_t alignment, std::uint64_t data_size) {
  std::uint64_t filled = 0;
  for (const auto& [info, offset] : entries) {
    if (offset % alignment != 0) {
      return make_error(ErrorCode::bad_file, "tensor {}: begins at byte {} of the data, need a multiple of {}",
                        in_quotes(info.name), offset, alignment);
    }
    if (offset > data_size) {
      return make_error(ErrorCode::bad_file, "tensor {}: begins at byte {} of the data, the file holds {}",
                        in_quotes(info.name), offset, data_size);
    }
    const std::uint64_t need = info.byte_count();
    if (need > data_size - offset) {
      return make_error(ErrorCode::bad_file,
                        "tensor {}: shape {} needs {} bytes as {}, the file has {} left; it is cut off: download or "
                        "copy it again",
                        in_quotes(info.name), info.shape.text(), need, name_of(info.dtype), data_size - offset);
    }
    if (offset < filled) {
      return make_error(ErrorCode::bad_file,
                        "tensor {}: begins at byte {} of the data, overlapping the tensor before it, which ends at {}",
                        in_quotes(info.name), offset, filled);
    }
    filled = offset + need;
  }
  return Done{};
}

Result<std::shared_ptr<const TensorSource>> open_checked(std::shared_ptr<const MappedFile> file) {
  auto header = parse_gguf_header(file->bytes());
  if (!header) return std::move(header).error();
  auto& [metadata, entries, alignment, size] = header.value();
  const std::uint64_t data_begin = (size + alignment - 1) / alignment * alignment;
  const Bytes data = file->bytes().subspan(std::min<std::uint64_t>(data_begin, file->bytes().size()));

  std::vector<std::string_view> names;
  for (const GgufEntry& entry : entries) names.push_back(entry.info.name);
  if (const auto twice = repeated(std::move(names))) {
    return make_error(ErrorCode::bad_file, "tensor {}: is there twice", in_quotes(*twice));
  }
  std::ranges::sort(entries, {},
                    [](const GgufEntry& e) { return std::tuple(e.offset, e.info.byte_count(), e.info.name); });
  if (auto laid = check_layout(entries, alignment, data.size()); !laid) return laid.error();
  std::vector<TensorInfo> tensors;
  std::vector<Bytes> parts;
  for (auto& [info, offset] : entries) {
    parts.push_back(data.subspan(offset, info.byte_count()));
    tensors.push_back(std::move(info));
  }
  return make_mapped_source(std::move(file), "GGUF", std::move(tensors), std::move(parts), std::move(metadata));
}

}  // namespace

Result<std::shared_ptr<const TensorSource>> open_gguf(std::shared_ptr<const MappedFile> file) {
  return open_named(std::move(file), open_checked);
}

}  // namespace pxf
