#include <algorithm>
#include <array>
#include <cstring>

#include "base/error.h"
#include "formats/gguf_types.h"
#include "formats/in_quotes.h"
#include "formats/tensor_file_writer.h"
#include "formats/utf8_text.h"

namespace pxf {
namespace {

constexpr int kMostExtents = 4;  // that ggml knows
/// Told anew for each file.
constexpr std::array<std::string_view, 3> kOwnKeys{"general.alignment", "general.file_type",
                                                   "general.quantization_version"};
constexpr std::uint32_t kQuantisationVersion = 2;  // of ggml's block layouts

class Text {
 public:
  template <class T>
  void number(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number<std::uint64_t>(value.size());
    out_ += value;
  }
  void key(std::string_view name, GgufValue kind) {
    text(name);
    number<std::uint32_t>(kind);
    ++pairs_;
  }
  std::uint64_t pairs() const { return pairs_; }
  std::string& bytes() { return out_; }

 private:
  std::string out_;
  std::uint64_t pairs_ = 0;
};

void put_metadata(Text& out, const TensorSource::Metadata& metadata) {
  // Programs look at the architecture first, and some demand that it stands there.
  const auto put = [&out](const auto& pair) {
    out.key(pair.first, kString);
    out.text(pair.second);
  };
  const auto architecture = metadata.find("general.architecture");
  if (architecture != metadata.end()) put(*architecture);
  out.key("general.quantization_version", kU32);
  out.number(kQuantisationVersion);
  for (const auto& pair : metadata) {
    if (pair.first != "general.architecture" && std::ranges::find(kOwnKeys, pair.first) == kOwnKeys.end()) put(pair);
  }
}

void put_original_shape(Text& out, const TensorInfo& tensor) {
  out.key("comfy.gguf.orig_shape." + tensor.name, kArray);
  out.number<std::uint32_t>(kI32);
  out.number<std::uint64_t>(tensor.shape.extents().size());
  for (const std::int64_t extent : tensor.shape.extents()) out.number(static_cast<std::int32_t>(extent));
}

/// The extents outermost first, those that are too many multiplied into one.
std::vector<std::int64_t> written_extents(const Shape& shape) {
  std::vector<std::int64_t> extents(shape.extents().begin(), shape.extents().end());
  while (extents.size() > kMostExtents) {
    extents[1] *= extents[0];
    extents.erase(extents.begin());
  }
  return extents;
}

void put_tensor(Text& out, const TensorInfo& tensor, std::uint64_t offset) {
  const auto extents = written_extents(tensor.shape);
  out.text(tensor.name);
  out.number(static_cast<std::uint32_t>(extents.size()));
  for (auto extent = extents.rbegin(); extent != extents.rend(); ++extent) {
    out.number(static_cast<std::uint64_t>(*extent));
  }
  out.number(*ggml_of_dtype(tensor.dtype));
  out.number(offset);
}

Status check(const TensorInfo& tensor) {
  if (!well_formed_utf8(tensor.name)) {
    return make_error(ErrorCode::invalid_argument, "tensor {}: the name is not valid UTF-8", in_quotes(tensor.name));
  }
  if (!ggml_of_dtype(tensor.dtype)) {
    return make_error(ErrorCode::invalid_argument, "tensor {}: GGUF has no type {}", in_quotes(tensor.name),
                      name_of(tensor.dtype));
  }
  const std::int64_t row = tensor.shape.rank() == 0 ? 1 : tensor.shape.dim(-1);
  const auto block = static_cast<std::int64_t>(block_elements(tensor.dtype));
  if (row % block == 0) return Done{};
  return make_error(ErrorCode::invalid_argument, "tensor {}: shape {}: rows must be whole blocks of {} as {}",
                    in_quotes(tensor.name), tensor.shape.text(), block, name_of(tensor.dtype));
}

std::uint64_t aligned(std::uint64_t size) { return (size + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment; }

}  // namespace

Result<std::string> gguf_header(std::span<const TensorInfo> tensors, const TensorSource::Metadata& metadata) {
  std::vector<std::string_view> names;
  Text pairs, entries;
  put_metadata(pairs, metadata);
  std::uint64_t offset = 0;
  for (const TensorInfo& tensor : tensors) {
    if (Status sound = check(tensor); !sound) return sound.error();
    if (tensor.shape.rank() > kMostExtents) put_original_shape(pairs, tensor);
    put_tensor(entries, tensor, offset);
    offset += aligned(tensor.byte_count());
    names.push_back(tensor.name);
  }
  if (const auto twice = repeated(std::move(names))) {
    return make_error(ErrorCode::invalid_argument, "tensor {}: given twice", in_quotes(*twice));
  }
  Text out;
  out.bytes() = "GGUF";
  out.number<std::uint32_t>(3);
  out.number<std::uint64_t>(tensors.size());
  out.number(pairs.pairs());
  out.bytes() += pairs.bytes();
  out.bytes() += entries.bytes();
  out.bytes().resize(aligned(out.bytes().size()), '\0');
  return std::move(out.bytes());
}

}  // namespace pxf
