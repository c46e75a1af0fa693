// The points that codes of the iq1, iq2 and iq3 types stand for: data of the format.
#pragma once

#include <cstdint>

namespace pxf::block {

/// Eight elements a point, two bits each, the first in the lowest: 0, 1, 2 mean 8, 25, 43 for iq2, -1, 0, 1 for iq1.
extern const std::uint16_t kGridIq2Xxs[256];
extern const std::uint16_t kGridIq2Xs[512];
extern const std::uint16_t kGridIq2S[1024];
extern const std::uint16_t kGridIq1[2048];
/// Four elements a point, four bits each: an index into the type's eight values.
extern const std::uint16_t kGridIq3Xxs[256];
extern const std::uint16_t kGridIq3S[512];

}  // namespace pxf::block
