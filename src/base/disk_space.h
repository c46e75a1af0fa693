// Room on a disk, asked for before gigabytes are written to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"

namespace pxf {

/// no_space when the file system of `folder` has fewer bytes left for this user; `advice` is what else to try. Where it
/// does not say, the write will.
Status check_disk_space(const std::filesystem::path& folder, std::uint64_t needed, const std::string& advice);

}  // namespace pxf
