#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"
#include "formats/tensor_file_writer.h"

namespace pxf {
namespace {

Status check(const TensorInfo& tensor) {
  if (tensor.name == "__metadata__") {
    return make_error(ErrorCode::invalid_argument, "tensor name \"__metadata__\" is reserved by the format");
  }
  if (!safetensors_name(tensor.dtype).empty()) return Done{};
  return make_error(ErrorCode::invalid_argument, "tensor {}: the format has no type {}; widen it to f16 or f32",
                    in_quotes(tensor.name), name_of(tensor.dtype));
}

Status check_size(const TensorView& tensor) {
  const auto need = bytes_of(tensor.dtype, tensor.shape.numel());
  if (is_block_type(tensor.dtype) || need == tensor.bytes.size()) return Done{};  // block types are refused later
  return make_error(ErrorCode::invalid_argument, "tensor {}: shape {} needs {} bytes as {}, got {}",
                    in_quotes(tensor.name), tensor.shape.text(), need.value_or(0), safetensors_name(tensor.dtype),
                    tensor.bytes.size());
}

}  // namespace

Result<std::string> safetensors_header(std::span<const TensorInfo> tensors, const TensorSource::Metadata& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t begin = 0;
  for (const TensorInfo& tensor : tensors) {
    if (auto checked = check(tensor); !checked) return checked.error();
    const std::uint64_t end = begin + tensor.byte_count();
    const auto [at, added] =
        header.emplace(tensor.name, nlohmann::json{{"dtype", safetensors_name(tensor.dtype)},
                                                   {"shape", nlohmann::json(tensor.shape.extents())},
                                                   {"data_offsets", {begin, end}}});
    if (!added) return make_error(ErrorCode::invalid_argument, "tensor {}: given twice", in_quotes(tensor.name));
    begin = end;
  }
  std::string json;
  try {
    json = header.dump();
  } catch (const nlohmann::json::type_error&) {
    return make_error(ErrorCode::invalid_argument, "a tensor name or a metadata text is not valid UTF-8");
  }
  json.append((8 - json.size() % 8) % 8, ' ');
  const std::uint64_t length = json.size();
  return std::string(as_text(std::as_bytes(std::span(&length, 1)))) + json;
}

Status write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                         const TensorSource::Metadata& metadata) {
  // Wide elements first: then every tensor is aligned to its elements, for readers that map the file.
  std::vector<TensorView> order(tensors.begin(), tensors.end());
  std::ranges::sort(order, [](const TensorView& a, const TensorView& b) {
    const auto width_a = block_bytes(a.dtype), width_b = block_bytes(b.dtype);
    return width_a != width_b ? width_a > width_b : a.name < b.name;
  });
  std::vector<TensorInfo> infos;
  for (const TensorView& tensor : order) {
    if (Status sized = check_size(tensor); !sized) return with_context(sized.error(), path.string());
    infos.push_back({std::string(tensor.name), tensor.dtype, tensor.shape});
  }
  const auto header = safetensors_header(infos, metadata);
  if (!header) return with_context(header.error(), path.string());

  std::vector<std::byte> file;
  const auto append = [&file](Bytes bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); };
  append(as_bytes(header.value()));
  for (const TensorView& tensor : order) append(tensor.bytes);
  return write_file_atomically(path, file);
}

}  // namespace pxf
