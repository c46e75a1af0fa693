#include "download/byte_ranges.h"

#include <algorithm>
#include <iterator>

namespace pxf {

void ByteRanges::add(ByteRange range) {
  if (range.begin >= range.end) return;
  auto it = ends_.upper_bound(range.begin);
  if (it != ends_.begin() && std::prev(it)->second >= range.begin) --it;
  while (it != ends_.end() && it->first <= range.end) {
    range.begin = std::min(range.begin, it->first);
    range.end = std::max(range.end, it->second);
    it = ends_.erase(it);
  }
  ends_.emplace_hint(it, range.begin, range.end);
}

std::uint64_t ByteRanges::count() const {
  std::uint64_t sum = 0;
  for (const auto& [begin, end] : ends_) sum += end - begin;
  return sum;
}

std::vector<ByteRange> ByteRanges::all() const {
  std::vector<ByteRange> out;
  for (const auto& [begin, end] : ends_) out.push_back({begin, end});
  return out;
}

std::vector<ByteRange> ByteRanges::missing(std::uint64_t bytes, std::uint64_t longest) const {
  std::vector<ByteRange> out;
  const auto cut = [&](std::uint64_t begin, std::uint64_t end) {
    for (; begin < end; begin += std::min(longest, end - begin)) out.push_back({begin, std::min(begin + longest, end)});
  };
  std::uint64_t at = 0;
  for (const auto& [begin, end] : ends_) {
    cut(at, std::min(begin, bytes));
    at = end;
  }
  cut(at, bytes);
  return out;
}

}  // namespace pxf
