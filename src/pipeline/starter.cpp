#include "pipeline/starter.h"

#ifdef PIXELFORGE_EMBED_STARTER

#include <array>

// The assembler finds the files from src/, by the include path.
asm(R"(
  .pushsection .rodata
  .balign 4096
  pxf_starter: .incbin "../assets/starter/starter.safetensors"
  pxf_starter_end:
  .balign 4096
  pxf_starter_pixel: .incbin "../assets/starter/starter-pixel.safetensors"
  pxf_starter_pixel_end:
  .global pxf_starter, pxf_starter_end, pxf_starter_pixel, pxf_starter_pixel_end
  .hidden pxf_starter, pxf_starter_end, pxf_starter_pixel, pxf_starter_pixel_end
  .popsection
)");

extern "C" const std::byte pxf_starter[], pxf_starter_end[], pxf_starter_pixel[], pxf_starter_pixel_end[];

namespace pxf {

std::span<const EmbeddedCheckpoint> embedded_checkpoints() {
  static const std::array<EmbeddedCheckpoint, 2> all{{
      {"starter", PIXELFORGE_STARTER_SHA256, {pxf_starter, pxf_starter_end}},
      {"starter-pixel", PIXELFORGE_STARTER_PIXEL_SHA256, {pxf_starter_pixel, pxf_starter_pixel_end}},
  }};
  return all;
}

}  // namespace pxf

#else

namespace pxf {

std::span<const EmbeddedCheckpoint> embedded_checkpoints() { return {}; }

}  // namespace pxf

#endif
