// What every reader of tensors owes, whatever bytes it was given.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>

#include "base/error.h"
#include "formats/tensor_source.h"

namespace pxf::test {

inline void require_that(bool fact) {
  if (!fact) std::abort();
}

inline void check_error(const Error& error) { require_that(!error.message.empty() && error.message.size() < 1000); }

/// What a source may do that makes its bytes when they are asked for.
struct Making {
  bool may_fail = false;                                           // bytes() of compressed tensors
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();  // larger tensors are left alone: they only take time
};

/// A short message, or tensors that are found by name and have as many bytes as they say; `check` sees each of these.
template <class Check>
void check_source(const Result<std::shared_ptr<const TensorSource>>& source, Check check, const Making& making = {}) {
  if (!source) return check_error(source.error());
  for (const TensorInfo& info : source.value()->tensors()) {
    require_that(source.value()->find(info.name) == &info);
    if (info.byte_count() > making.most) continue;
    const auto bytes = catch_errors([&] { return source.value()->bytes(info.name); });
    if (!bytes) {
      require_that(making.may_fail);
      check_error(bytes.error());
      continue;
    }
    require_that(bytes.value().size() == info.byte_count());
    check(info, bytes.value());
  }
}

/// Reads the ends, which a reader that gave out too much would not own.
inline void touch(const TensorInfo&, Bytes bytes) {
  [[maybe_unused]] static volatile std::byte touched;
  if (bytes.empty()) return;
  touched = bytes.front();
  touched = bytes.back();
}

}  // namespace pxf::test
