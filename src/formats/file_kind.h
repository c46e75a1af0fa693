// What a file is by its content, whatever its name says.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace pxf {

enum class FileKind : std::uint8_t { safetensors, zip, pickle, gguf, json, git_lfs_pointer, web_page, unknown };

/// Looks at the first bytes only: a file of that kind may yet be damaged. Pickles of protocol 0 and 1 begin like any
/// text and are unknown.
FileKind file_kind(Bytes file) noexcept;

/// How a message goes on when such a file stands where a model of another format was expected: "is a web page, not a
/// model: ...". Empty for unknown.
std::string_view described(FileKind kind) noexcept;

}  // namespace pxf
