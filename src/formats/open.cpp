#include "formats/open.h"

#include <string_view>
#include <utility>

#include "formats/diffusers.h"
#include "formats/file_kind.h"
#include "formats/gguf.h"
#include "formats/safetensors.h"
#include "formats/shards.h"
#include "formats/torch.h"

namespace pxf {
namespace {

using Opened = Result<std::shared_ptr<const TensorSource>>;

/// For a file that is of no known kind: the reader that its name asks for says what is wrong with it.
Opened open_by_name(std::shared_ptr<const MappedFile> file) {
  const std::string extension = std::filesystem::path(file->name()).extension().string();
  if (extension == ".safetensors" || extension == ".sft" || file->bytes().empty()) {
    return open_safetensors(std::move(file));
  }
  if (extension == ".gguf") return open_gguf(std::move(file));
  if (extension == ".ckpt" || extension == ".pt" || extension == ".pth" || extension == ".bin") {
    return open_torch_legacy(std::move(file));
  }
  return Error{ErrorCode::bad_file, "is no model: need safetensors, a PyTorch checkpoint, GGUF or a diffusers folder",
               file->name()};
}

}  // namespace

Opened open_tensor_file(std::shared_ptr<const MappedFile> file) {
  const FileKind kind = file_kind(file->bytes());
  switch (kind) {
    case FileKind::safetensors: return open_safetensors(std::move(file));
    case FileKind::zip: return open_torch_zip(std::move(file));
    case FileKind::pickle: return open_torch_legacy(std::move(file));
    case FileKind::gguf: return open_gguf(std::move(file));
    case FileKind::json:
    case FileKind::git_lfs_pointer:
    case FileKind::web_page: return Error{ErrorCode::bad_file, std::string(described(kind)), file->name()};
    case FileKind::unknown: break;
  }
  return open_by_name(std::move(file));
}

Opened open_tensor_file(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) return std::move(file).error();
  return open_tensor_file(std::move(file).value());
}

Opened open_tensors(const std::filesystem::path& path) {
  std::error_code ignored;  // a path that cannot be looked at fails below, with the reason
  if (std::filesystem::is_directory(path, ignored)) return open_diffusers_folder(path);
  auto file = MappedFile::open(path);
  if (!file) return std::move(file).error();
  if (file_kind(file.value()->bytes()) == FileKind::json) return open_shards(path);
  return open_tensor_file(std::move(file).value());
}

}  // namespace pxf
