#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"

namespace pxf {
namespace {

Status check(const TensorView& tensor) {
  if (tensor.name == "__metadata__") {
    return make_error(ErrorCode::invalid_argument, "tensor name \"__metadata__\" is reserved by the format");
  }
  if (safetensors_name(tensor.dtype).empty()) {
    return make_error(ErrorCode::invalid_argument, "tensor {}: the format has no type {}; widen it to f16 or f32",
                      in_quotes(tensor.name), name_of(tensor.dtype));
  }
  const auto need = static_cast<std::size_t>(tensor.shape.numel()) * size_of(tensor.dtype);
  if (tensor.bytes.size() == need) return Done{};
  return make_error(ErrorCode::invalid_argument, "tensor {}: shape {} needs {} bytes as {}, got {}",
                    in_quotes(tensor.name), tensor.shape.text(), need, safetensors_name(tensor.dtype),
                    tensor.bytes.size());
}

/// The header's JSON for tensors laid out one after the other.
Result<std::string> header_of(std::span<const TensorView> tensors, const TensorSource::Metadata& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t begin = 0;
  for (const TensorView& tensor : tensors) {
    if (auto checked = check(tensor); !checked) return checked.error();
    const std::size_t end = begin + tensor.bytes.size();
    const auto [at, added] =
        header.emplace(std::string(tensor.name), nlohmann::json{{"dtype", safetensors_name(tensor.dtype)},
                                                                {"shape", nlohmann::json(tensor.shape.extents())},
                                                                {"data_offsets", {begin, end}}});
    if (!added) return make_error(ErrorCode::invalid_argument, "tensor {}: given twice", in_quotes(tensor.name));
    begin = end;
  }
  try {
    return header.dump();
  } catch (const nlohmann::json::type_error&) {
    return make_error(ErrorCode::invalid_argument, "a tensor name or a metadata text is not valid UTF-8");
  }
}

}  // namespace

Status write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                         const TensorSource::Metadata& metadata) {
  // Wide elements first: then every tensor is aligned to its elements, for readers that map the file.
  std::vector<TensorView> order(tensors.begin(), tensors.end());
  std::ranges::sort(order, [](const TensorView& a, const TensorView& b) {
    const auto width_a = block_bytes(a.dtype), width_b = block_bytes(b.dtype);
    return width_a != width_b ? width_a > width_b : a.name < b.name;
  });
  auto header = header_of(order, metadata);
  if (!header) return with_context(std::move(header).error(), path.string());
  std::string& json = header.value();
  json.append((8 - json.size() % 8) % 8, ' ');

  std::vector<std::byte> file;
  const auto append = [&file](Bytes bytes) { file.insert(file.end(), bytes.begin(), bytes.end()); };
  const std::uint64_t length = json.size();
  append(std::as_bytes(std::span(&length, 1)));
  append(as_bytes(json));
  for (const TensorView& tensor : order) append(tensor.bytes);
  return write_file_atomically(path, file);
}

}  // namespace pxf
