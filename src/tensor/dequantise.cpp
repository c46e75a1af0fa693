#include "tensor/dequantise.h"

#include "base/error.h"
#include "tensor/block_decoders.h"

namespace pxf {
namespace {

/// Null for plain types.
block::Decoder decoder(DType dtype) noexcept {
  switch (dtype) {
    case DType::q1_0: return block::q1_0;
    case DType::q4_0: return block::q4_0;
    case DType::q4_1: return block::q4_1;
    case DType::q5_0: return block::q5_0;
    case DType::q5_1: return block::q5_1;
    case DType::q8_0: return block::q8_0;
    case DType::q2_k: return block::q2_k;
    case DType::q3_k: return block::q3_k;
    case DType::q4_k: return block::q4_k;
    case DType::q5_k: return block::q5_k;
    case DType::q6_k: return block::q6_k;
    case DType::q8_k: return block::q8_k;
    case DType::iq1_s: return block::iq1_s;
    case DType::iq1_m: return block::iq1_m;
    case DType::iq2_xxs: return block::iq2_xxs;
    case DType::iq2_xs: return block::iq2_xs;
    case DType::iq2_s: return block::iq2_s;
    case DType::iq3_xxs: return block::iq3_xxs;
    case DType::iq3_s: return block::iq3_s;
    case DType::iq4_nl: return block::iq4_nl;
    case DType::iq4_xs: return block::iq4_xs;
    case DType::tq1_0: return block::tq1_0;
    case DType::tq2_0: return block::tq2_0;
    case DType::mxfp4: return block::mxfp4;
    case DType::nvfp4: return block::nvfp4;
    default: return nullptr;
  }
}

}  // namespace

void dequantise(Bytes blocks, DType dtype, std::span<float> out) {
  const block::Decoder decode = decoder(dtype);
  require(decode != nullptr, "[dequantise] {} has no blocks", name_of(dtype));
  const auto need = bytes_of(dtype, std::ssize(out));
  require(need && *need <= blocks.size(), "[dequantise] {} elements of {}: got {} bytes, need whole blocks of {} in {}",
          out.size(), name_of(dtype), blocks.size(), block_elements(dtype), block_bytes(dtype));
  const auto* from = reinterpret_cast<const block::Byte*>(blocks.data());
  for (std::size_t i = 0; i < out.size(); i += block_elements(dtype), from += block_bytes(dtype)) {
    decode(from, out.data() + i);
  }
}

}  // namespace pxf
