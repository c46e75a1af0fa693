#include "base/nearest_name.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace pxf {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

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

std::string plain_name(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    if (c == '+') c = 'p';
    if (is_alphanumeric(c)) out += c;
  }
  return out;
}

std::string_view nearest_name(std::string_view wanted, std::span<const std::string_view> known) {
  constexpr std::size_t kLongest = 64;  // nothing longer is near to a name
  const std::string got = plain_name(wanted.substr(0, kLongest));
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, got.size() / 3) + 1;  // farther than this is another word
  for (const std::string_view name : known) {
    if (const std::size_t distance = edit_distance(got, plain_name(name)); distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

}  // namespace pxf
