#include "formats/in_quotes.h"
#include "formats/zip.h"

namespace pxf {

Result<std::vector<std::byte>> inflated(const ZipEntry& entry) {
  return make_error(ErrorCode::unsupported, "zip archive: entry {}: is compressed; zip it again without compression",
                    in_quotes(entry.name));
}

}  // namespace pxf
