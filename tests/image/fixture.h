// The pictures in files/, which make.py and make_others.py there wrote.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/file.h"

namespace pxf::test {

inline std::shared_ptr<const MappedFile> fixture(const std::string& name) {
  return MappedFile::open(std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/image/files" / name).value();
}

}  // namespace pxf::test
