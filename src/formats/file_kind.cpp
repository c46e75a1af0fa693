#include "formats/file_kind.h"

namespace pxf {

FileKind file_kind(Bytes file) noexcept {
  const std::string_view text = as_text(file);
  if (text.starts_with("GGUF")) return FileKind::gguf;
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return FileKind::zip;
  // A length of 64 bits, then JSON. Whatever begins otherwise has upper bits of that length set.
  const bool json_after_length = file.size() > 8 && text[8] == '{';
  if (json_after_length && load_le<std::uint32_t>(file, 4) == 0) return FileKind::safetensors;
  if (text.size() > 1 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5) return FileKind::pickle;
  if (text.starts_with("version https://git-lfs")) return FileKind::git_lfs_pointer;
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && text[begin] == '<') return FileKind::web_page;
  if (begin != std::string_view::npos && text[begin] == '{') return FileKind::json;
  return json_after_length ? FileKind::safetensors : FileKind::unknown;
}

std::string_view described(FileKind kind) noexcept {
  switch (kind) {
    case FileKind::safetensors: return "is a safetensors file";
    case FileKind::zip: return "is a zip archive, perhaps a PyTorch checkpoint";
    case FileKind::pickle: return "is a Python pickle, perhaps an old PyTorch checkpoint";
    case FileKind::gguf: return "is a GGUF file";
    case FileKind::json: return "is JSON text, not a model; it may be an error message of the download, or an index";
    case FileKind::git_lfs_pointer:
      return "is a git-lfs pointer, not the model it stands for; run `git lfs pull`, or download the file itself";
    case FileKind::web_page:
      return "is a web page, not a model: the download failed; sign in or accept the licence there, then download "
             "again";
    case FileKind::unknown: break;
  }
  return {};
}

}  // namespace pxf
