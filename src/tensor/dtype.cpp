#include "tensor/dtype.h"

#include <array>

#include "base/bytes.h"
#include "base/error.h"

namespace pxf {
namespace {

struct Traits {
  std::string_view name;
  std::uint16_t elements, bytes;  // of a block
  bool floating;
};

constexpr std::array<Traits, 40> kTraits{{
    {"f64", 1, 8, true},        {"f32", 1, 4, true},        {"f16", 1, 2, true},       {"bf16", 1, 2, true},
    {"f8_e4m3", 1, 1, true},    {"f8_e5m2", 1, 1, true},    {"i64", 1, 8, false},      {"i32", 1, 4, false},
    {"i16", 1, 2, false},       {"i8", 1, 1, false},        {"u64", 1, 8, false},      {"u32", 1, 4, false},
    {"u16", 1, 2, false},       {"u8", 1, 1, false},        {"bool", 1, 1, false},     {"q1_0", 128, 18, true},
    {"q4_0", 32, 18, true},     {"q4_1", 32, 20, true},     {"q5_0", 32, 22, true},    {"q5_1", 32, 24, true},
    {"q8_0", 32, 34, true},     {"q2_k", 256, 84, true},    {"q3_k", 256, 110, true},  {"q4_k", 256, 144, true},
    {"q5_k", 256, 176, true},   {"q6_k", 256, 210, true},   {"q8_k", 256, 292, true},  {"iq1_s", 256, 50, true},
    {"iq1_m", 256, 56, true},   {"iq2_xxs", 256, 66, true}, {"iq2_xs", 256, 74, true}, {"iq2_s", 256, 82, true},
    {"iq3_xxs", 256, 98, true}, {"iq3_s", 256, 110, true},  {"iq4_nl", 32, 18, true},  {"iq4_xs", 256, 136, true},
    {"tq1_0", 256, 54, true},   {"tq2_0", 256, 66, true},   {"mxfp4", 32, 17, true},   {"nvfp4", 64, 36, true},
}};
static_assert(kTraits.size() == static_cast<std::size_t>(DType::nvfp4) + 1);

const Traits& traits(DType dtype) noexcept { return kTraits[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::size_t block_elements(DType dtype) noexcept { return traits(dtype).elements; }
std::size_t block_bytes(DType dtype) noexcept { return traits(dtype).bytes; }

std::size_t size_of(DType dtype) {
  require(!is_block_type(dtype), "[dtype] an element of {} has no size of its own: ask for whole blocks",
          name_of(dtype));
  return traits(dtype).bytes;
}

std::optional<std::uint64_t> bytes_of(DType dtype, std::int64_t numel) noexcept {
  const auto [name, elements, bytes, floating] = traits(dtype);
  const auto count = static_cast<std::uint64_t>(numel);
  std::uint64_t size = 0;
  if (numel < 0 || count % elements != 0 || !checked_mul(count / elements, bytes, size)) return std::nullopt;
  return size;
}

std::string_view name_of(DType dtype) noexcept { return traits(dtype).name; }
bool is_float(DType dtype) noexcept { return traits(dtype).floating; }

}  // namespace pxf
