#include "formats/tensor_file_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "formats/gguf_types.h"
#include "formats/in_quotes.h"
#include "formats/safetensors_header.h"

namespace pxf {

std::string_view name_of(WrittenFormat format) noexcept {
  return format == WrittenFormat::gguf ? "GGUF" : "safetensors";
}

bool can_hold(WrittenFormat format, DType dtype) noexcept {
  return format == WrittenFormat::gguf ? ggml_of_dtype(dtype).has_value() : !safetensors_name(dtype).empty();
}

Result<TensorFileWriter> TensorFileWriter::create(const std::filesystem::path& path, WrittenFormat format,
                                                  std::vector<TensorInfo> tensors,
                                                  const TensorSource::Metadata& metadata) {
  const bool gguf = format == WrittenFormat::gguf;
  if (!gguf)
    std::ranges::stable_sort(tensors, std::greater{}, [](const TensorInfo& t) { return block_bytes(t.dtype); });
  const auto header = gguf ? gguf_header(tensors, metadata) : safetensors_header(tensors, metadata);
  if (!header) return with_context(header.error(), path.string());
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  TensorFileWriter writer(std::move(file).value(), std::move(tensors), gguf ? kGgufAlignment : 1);
  if (Status written = writer.write(as_bytes(header.value())); !written) return written.error();
  writer.skip_empty();
  return writer;
}

Status TensorFileWriter::append(Bytes bytes) {
  require(at_ < tensors_.size(), "[tensor file] all tensors have their bytes, got {} more", bytes.size());
  const TensorInfo& tensor = tensors_[at_];
  require(bytes.size() <= tensor.byte_count() - given_, "[tensor file] {}: has {} bytes left to get, got {}",
          in_quotes(tensor.name), tensor.byte_count() - given_, bytes.size());
  if (Status done = write(bytes); !done) return done;
  given_ += bytes.size();
  if (given_ < tensor.byte_count()) return Done{};
  ++at_;
  given_ = 0;
  skip_empty();
  return pad();
}

Status TensorFileWriter::finish() {
  require(at_ == tensors_.size(), "[tensor file] {} of {} tensors have their bytes", at_, tensors_.size());
  return file_.commit();
}

Status TensorFileWriter::write(Bytes bytes) {
  written_ += bytes.size();
  return file_.write(bytes);
}

Status TensorFileWriter::pad() {
  constexpr std::array<std::byte, kGgufAlignment> kZeros{};
  return write(Bytes(kZeros).first((alignment_ - written_ % alignment_) % alignment_));
}

void TensorFileWriter::skip_empty() noexcept {
  while (at_ < tensors_.size() && tensors_[at_].byte_count() == 0) ++at_;
}

}  // namespace pxf
