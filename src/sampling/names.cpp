#include "sampling/names.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

namespace pxf {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// "DPM++ 2M", "dpm++2m" and "dpmpp_2m" all become "dpmpp2m".
std::string plain(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    if (c == '+') c = 'p';
    if (is_alphanumeric(c)) out += c;
  }
  return out;
}

/// Insertions, deletions and replacements between two words (Levenshtein 1966).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // distances of the part of `a` read so far to every start of `b`
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) { return plain(a) == plain(b); }

bool in_name_list(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    if (same_name(name, wanted)) return true;
    list.remove_prefix(std::min(list.size(), name.size() + 1));
  }
  return false;
}

Error unknown_name(std::string_view kind, std::string_view wanted, std::span<const std::string_view> known) {
  constexpr std::size_t kLongest = 64;  // nothing longer is near to a name, nor worth repeating
  const std::string got = plain(wanted.substr(0, kLongest));
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, got.size() / 3) + 1;  // farther than this is another word
  for (const std::string_view name : known) {
    if (const std::size_t distance = edit_distance(got, plain(name)); distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return make_error(ErrorCode::invalid_argument, "[{}] unknown name: got {}, need one of {}{}", kind,
                    wanted.size() > kLongest ? fmt::format("{} bytes", wanted.size()) : fmt::format("\"{}\"", wanted),
                    fmt::join(known, ", "), nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
}

}  // namespace pxf
