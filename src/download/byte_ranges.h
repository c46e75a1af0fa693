// A set of bytes of one file, as ranges that neither touch nor overlap. For one thread.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace pxf {

struct ByteRange {
  std::uint64_t begin = 0, end = 0;  // end: one past the last

  std::uint64_t size() const noexcept { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

class ByteRanges {
 public:
  void add(ByteRange range);
  void clear() { ends_.clear(); }
  std::uint64_t count() const;
  std::vector<ByteRange> all() const;
  /// What of [0, bytes) is not there, in order, cut into pieces of at most `longest`.
  std::vector<ByteRange> missing(std::uint64_t bytes, std::uint64_t longest) const;

 private:
  std::map<std::uint64_t, std::uint64_t> ends_;  // by begin
};

}  // namespace pxf
