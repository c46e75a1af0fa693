#include "web/page.h"

#include <algorithm>
#include <array>

// web/build writes page_files.s, which holds each file between pxf_page_NAME and pxf_page_NAME_end, its compressed form
// likewise, and page_files.inc: PXF_PAGE_FILE(NAME, path, type, etag, immutable) of each. Both lie on the include path.
asm(R"(
  .pushsection .rodata
  .include "page_files.s"
  .popsection
)");

#define PXF_PAGE_FILE(name, path, type, etag, immutable)                                         \
  extern "C" const std::byte pxf_page_##name[], pxf_page_##name##_end[], pxf_page_##name##_gz[], \
      pxf_page_##name##_gz_end[];
#include <page_files.inc>
#undef PXF_PAGE_FILE

namespace pxf {

std::span<const PageFile> page_files() {
#define PXF_PAGE_FILE(name, path, type, etag, immutable) \
  PageFile{path,                                         \
           type,                                         \
           etag,                                         \
           immutable,                                    \
           {pxf_page_##name, pxf_page_##name##_end},     \
           {pxf_page_##name##_gz, pxf_page_##name##_gz_end}},
  static const std::array all{
#include <page_files.inc>
  };
#undef PXF_PAGE_FILE
  return all;
}

const PageFile* find_page_file(std::string_view path) {
  const auto all = page_files();
  const auto at = std::ranges::find(all, path, &PageFile::path);
  return at == all.end() ? nullptr : &*at;
}

}  // namespace pxf
