// Bytes as files hold them: little-endian loads without alignment.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace pxf {

static_assert(std::endian::native == std::endian::little, "readers of little-endian formats copy bytes as they are");

using Bytes = std::span<const std::byte>;

/// The T at `offset`; the caller has checked that it lies inside.
template <class T>
T load_le(Bytes bytes, std::size_t offset = 0) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

/// a * b, or false when it does not fit.
inline bool checked_mul(std::uint64_t a, std::uint64_t b, std::uint64_t& out) noexcept {
  return !__builtin_mul_overflow(a, b, &out);
}

inline bool checked_add(std::uint64_t a, std::uint64_t b, std::uint64_t& out) noexcept {
  return !__builtin_add_overflow(a, b, &out);
}

}  // namespace pxf
