#include "formats/safetensors.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "formats/file_kind.h"
#include "formats/in_quotes.h"
#include "formats/mapped_source.h"
#include "formats/safetensors_header.h"

namespace pxf {
namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the format's own limit
constexpr const char* kGetAgain = "it is damaged or cut off: download or copy it again";

/// The header's text, or what is wrong with the file's beginning.
Result<std::string_view> header_text(Bytes file) {
  if (file.empty()) return make_error(ErrorCode::bad_file, "is empty; download or copy it again");
  if (file.size() < kLengthBytes) {
    return make_error(ErrorCode::bad_file, "is {} bytes long and ends inside the header length; {}", file.size(),
                      kGetAgain);
  }
  const auto length = load_le<std::uint64_t>(file);
  if (length > kMaxHeader) {
    const FileKind kind = file_kind(file);
    if (kind != FileKind::safetensors && kind != FileKind::unknown) {
      return make_error(ErrorCode::bad_file, "{}; need safetensors", described(kind));
    }
    return make_error(ErrorCode::bad_file,
                      "header: too large: got {} bytes, at most {} are allowed; not a safetensors file, or damaged",
                      length, kMaxHeader);
  }
  if (length > file.size() - kLengthBytes) {
    return make_error(ErrorCode::bad_file, "header: needs {} bytes, the file ends after {}; {}", length,
                      file.size() - kLengthBytes, kGetAgain);
  }
  const std::string_view text = as_text(file.subspan(kLengthBytes, length));
  if (!text.starts_with('{')) {
    return make_error(ErrorCode::bad_file,
                      "header: not a JSON object: it must begin with '{{'; not a safetensors file, or damaged");
  }
  return text;
}

Status check_names(const std::vector<SafetensorsEntry>& entries) {
  std::vector<std::string_view> names;
  names.reserve(entries.size());
  for (const SafetensorsEntry& entry : entries) names.push_back(entry.info.name);
  const auto twice = repeated(std::move(names));
  if (!twice) return Done{};
  return make_error(ErrorCode::bad_file, "tensor {}: named twice in the header", in_quotes(*twice));
}

Status check_size(const SafetensorsEntry& entry, std::uint64_t data_size) {
  const auto& [info, begin, end] = entry;
  if (begin > end) {
    return make_error(ErrorCode::bad_file,
                      "tensor {}: data_offsets: begins at {}, after its end at {}; the file is damaged",
                      in_quotes(info.name), begin, end);
  }
  if (end > data_size) {
    return make_error(ErrorCode::bad_file, "tensor {}: ends at byte {} of the data, the file holds {}; {}",
                      in_quotes(info.name), end, data_size, kGetAgain);
  }
  const auto need = bytes_of(info.dtype, info.shape.numel());
  if (!need) {
    return make_error(ErrorCode::bad_file, "tensor {}: shape {} has more bytes than can be counted",
                      in_quotes(info.name), info.shape.text());
  }
  if (*need == end - begin) return Done{};
  return make_error(ErrorCode::bad_file, "tensor {}: shape {} needs {} bytes as {}, the file gives {}; {}",
                    in_quotes(info.name), info.shape.text(), *need, safetensors_name(info.dtype), end - begin,
                    kGetAgain);
}

/// `entries` sorted by place: they must fill the data from its first byte to its last, each byte once.
Status check_layout(const std::vector<SafetensorsEntry>& entries, std::uint64_t data_size) {
  std::uint64_t filled = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (auto sized = check_size(entry, data_size); !sized) return sized;
    if (entry.begin != filled) {
      return make_error(
          ErrorCode::bad_file,
          "tensor {}: begins at byte {} of the data, {} the tensor before it, which ends at {}; the file is damaged",
          in_quotes(entry.info.name), entry.begin, entry.begin < filled ? "overlapping" : "leaving a hole after",
          filled);
    }
    filled = entry.end;
  }
  if (filled == data_size) return Done{};
  return make_error(ErrorCode::bad_file, "{} bytes after the last tensor belong to none; the file is damaged",
                    data_size - filled);
}

Result<std::shared_ptr<const TensorSource>> open_checked(std::shared_ptr<const MappedFile> file) {
  const auto text = header_text(file->bytes());
  if (!text) return text.error();
  auto header = parse_safetensors_header(text.value());
  if (!header) return std::move(header).error();
  auto& entries = header.value().entries;
  const Bytes data = file->bytes().subspan(kLengthBytes + text.value().size());

  if (auto named = check_names(entries); !named) return named.error();
  std::ranges::sort(entries, {}, [](const SafetensorsEntry& e) { return std::tie(e.begin, e.end, e.info.name); });
  if (auto laid = check_layout(entries, data.size()); !laid) return laid.error();

  std::vector<TensorInfo> tensors;
  std::vector<Bytes> parts;
  tensors.reserve(entries.size());
  parts.reserve(entries.size());
  for (auto& [info, begin, end] : entries) {
    tensors.push_back(std::move(info));
    parts.push_back(data.subspan(begin, end - begin));
  }
  return make_mapped_source(std::move(file), "safetensors", std::move(tensors), std::move(parts),
                            std::move(header).value().metadata);
}

}  // namespace

Result<std::shared_ptr<const TensorSource>> open_safetensors(std::shared_ptr<const MappedFile> file) {
  return open_named(std::move(file), open_checked);
}

Result<std::shared_ptr<const TensorSource>> open_safetensors(const std::filesystem::path& path) {
  auto file = MappedFile::open(path);
  if (!file) return std::move(file).error();
  return open_safetensors(std::move(file).value());
}

}  // namespace pxf
