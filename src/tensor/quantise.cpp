#include "tensor/quantise.h"

#include "base/error.h"
#include "tensor/block_encoders.h"

namespace pxf {
namespace {

/// Null for a type that cannot be quantised to.
block::Encoder encoder(DType dtype) noexcept {
  switch (dtype) {
    case DType::q4_0: return block::to_q4_0;
    case DType::q4_1: return block::to_q4_1;
    case DType::q5_0: return block::to_q5_0;
    case DType::q5_1: return block::to_q5_1;
    case DType::q8_0: return block::to_q8_0;
    case DType::q2_k: return block::to_q2_k;
    case DType::q3_k: return block::to_q3_k;
    case DType::q4_k: return block::to_q4_k;
    case DType::q5_k: return block::to_q5_k;
    case DType::q6_k: return block::to_q6_k;
    default: return nullptr;
  }
}

}  // namespace

bool can_quantise_to(DType dtype) noexcept { return encoder(dtype) != nullptr; }

void quantise(std::span<const float> values, DType dtype, std::span<std::byte> out) {
  const block::Encoder encode = encoder(dtype);
  require(encode != nullptr, "[quantise] {}: there is no quantiser for it", name_of(dtype));
  const auto need = bytes_of(dtype, std::ssize(values));
  require(need && *need == out.size(),
          "[quantise] {} elements as {}: got room for {} bytes, need whole blocks of {} in {}", values.size(),
          name_of(dtype), out.size(), block_elements(dtype), block_bytes(dtype));
  auto* to = reinterpret_cast<block::Byte*>(out.data());
  for (std::size_t i = 0; i < values.size(); i += block_elements(dtype), to += block_bytes(dtype)) {
    encode(values.data() + i, to);
  }
}

}  // namespace pxf
