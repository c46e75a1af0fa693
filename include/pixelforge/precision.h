// How exactly the network's large products are computed. Text encoders and the VAE are always exact.
#pragma once

#include <cstdint>
#include <string_view>

namespace pxf {

enum class Precision : std::uint8_t {
  exact,     // f32
  balanced,  // linear layers in 8 bits
  fast       // convolutions and attention, too
};

/// "exact", "balanced", "fast".
std::string_view to_string(Precision precision) noexcept;

}  // namespace pxf
