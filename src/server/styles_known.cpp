#include "server/styles_known.h"

#include "base/error.h"
#include "base/file.h"

namespace pxf {

std::vector<Style> styles_known(Service& service) {
  constexpr std::size_t kLargest = 16 << 20;
  const auto text = read_file(service.home() / "styles.csv", kLargest);
  if (text) return read_styles(text.value());
  if (text.error().code == ErrorCode::not_found) return {};
  throw Failure(text.error());
}

}  // namespace pxf
