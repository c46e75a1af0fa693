#include "sampling/names.h"

#include <algorithm>
#include <string>

#include "base/nearest_name.h"

namespace pxf {

bool same_name(std::string_view a, std::string_view b) { return plain_name(a) == plain_name(b); }

bool in_name_list(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    if (same_name(name, wanted)) return true;
    list.remove_prefix(std::min(list.size(), name.size() + 1));
  }
  return false;
}

Error unknown_name(std::string_view kind, std::string_view wanted, std::span<const std::string_view> known) {
  constexpr std::size_t kLongest = 64;  // nothing longer is worth repeating
  const std::string_view nearest = nearest_name(wanted, known);
  return make_error(ErrorCode::invalid_argument, "[{}] unknown name: got {}{}; need one of {}", kind,
                    wanted.size() > kLongest ? fmt::format("{} bytes", wanted.size()) : fmt::format("\"{}\"", wanted),
                    nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest), fmt::join(known, ", "));
}

}  // namespace pxf
