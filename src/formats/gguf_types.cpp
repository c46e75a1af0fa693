#include "formats/gguf_types.h"

#include <algorithm>
#include <array>

namespace pxf {
namespace {

struct Numbered {
  std::uint32_t number;
  DType dtype;
};

/// Those missing were taken back (4, 5, 31-33, 36-38), or serve ggml's dot products alone (9: Q8_1).
constexpr std::array kTypes{Numbered{0, DType::f32},      Numbered{1, DType::f16},      Numbered{2, DType::q4_0},
                            Numbered{3, DType::q4_1},     Numbered{6, DType::q5_0},     Numbered{7, DType::q5_1},
                            Numbered{8, DType::q8_0},     Numbered{10, DType::q2_k},    Numbered{11, DType::q3_k},
                            Numbered{12, DType::q4_k},    Numbered{13, DType::q5_k},    Numbered{14, DType::q6_k},
                            Numbered{15, DType::q8_k},    Numbered{16, DType::iq2_xxs}, Numbered{17, DType::iq2_xs},
                            Numbered{18, DType::iq3_xxs}, Numbered{19, DType::iq1_s},   Numbered{20, DType::iq4_nl},
                            Numbered{21, DType::iq3_s},   Numbered{22, DType::iq2_s},   Numbered{23, DType::iq4_xs},
                            Numbered{24, DType::i8},      Numbered{25, DType::i16},     Numbered{26, DType::i32},
                            Numbered{27, DType::i64},     Numbered{28, DType::f64},     Numbered{29, DType::iq1_m},
                            Numbered{30, DType::bf16},    Numbered{34, DType::tq1_0},   Numbered{35, DType::tq2_0},
                            Numbered{39, DType::mxfp4},   Numbered{40, DType::nvfp4},   Numbered{41, DType::q1_0}};

}  // namespace

std::optional<DType> dtype_of_ggml(std::uint32_t number) noexcept {
  const auto found = std::ranges::find(kTypes, number, &Numbered::number);
  return found == kTypes.end() ? std::nullopt : std::optional(found->dtype);
}

std::optional<std::uint32_t> ggml_of_dtype(DType dtype) noexcept {
  const auto found = std::ranges::find(kTypes, dtype, &Numbered::dtype);
  return found == kTypes.end() ? std::nullopt : std::optional(found->number);
}

}  // namespace pxf
