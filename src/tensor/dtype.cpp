#include "tensor/dtype.h"

#include <array>

namespace pxf {
namespace {

struct Traits {
  std::string_view name;
  std::size_t size;
  bool floating;
};

constexpr std::array<Traits, 15> kTraits{{{"f64", 8, true},
                                          {"f32", 4, true},
                                          {"f16", 2, true},
                                          {"bf16", 2, true},
                                          {"f8_e4m3", 1, true},
                                          {"f8_e5m2", 1, true},
                                          {"i64", 8, false},
                                          {"i32", 4, false},
                                          {"i16", 2, false},
                                          {"i8", 1, false},
                                          {"u64", 8, false},
                                          {"u32", 4, false},
                                          {"u16", 2, false},
                                          {"u8", 1, false},
                                          {"bool", 1, false}}};

const Traits& traits(DType dtype) noexcept { return kTraits[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::size_t size_of(DType dtype) noexcept { return traits(dtype).size; }
std::string_view name_of(DType dtype) noexcept { return traits(dtype).name; }
bool is_float(DType dtype) noexcept { return traits(dtype).floating; }

}  // namespace pxf
