#include "pipeline/starter.h"

#include <algorithm>

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
  .balign 4096
  pxf_lora_neon: .incbin "../assets/starter/lora/neon.safetensors"
  pxf_lora_neon_end:
  .balign 4096
  pxf_lora_sketch: .incbin "../assets/starter/lora/sketch.safetensors"
  pxf_lora_sketch_end:
  .global pxf_starter, pxf_starter_end, pxf_starter_pixel, pxf_starter_pixel_end
  .hidden pxf_starter, pxf_starter_end, pxf_starter_pixel, pxf_starter_pixel_end
  .global pxf_lora_neon, pxf_lora_neon_end, pxf_lora_sketch, pxf_lora_sketch_end
  .hidden pxf_lora_neon, pxf_lora_neon_end, pxf_lora_sketch, pxf_lora_sketch_end
  .popsection
)");

extern "C" const std::byte pxf_starter[], pxf_starter_end[], pxf_starter_pixel[], pxf_starter_pixel_end[];
extern "C" const std::byte pxf_lora_neon[], pxf_lora_neon_end[], pxf_lora_sketch[], pxf_lora_sketch_end[];

namespace pxf {

std::span<const EmbeddedCheckpoint> embedded_checkpoints() {
  static const std::array<EmbeddedCheckpoint, 2> all{{
      {"starter", PIXELFORGE_STARTER_SHA256, {pxf_starter, pxf_starter_end}},
      {"starter-pixel", PIXELFORGE_STARTER_PIXEL_SHA256, {pxf_starter_pixel, pxf_starter_pixel_end}},
  }};
  return all;
}

std::span<const EmbeddedCheckpoint> embedded_loras() {
  static const std::array<EmbeddedCheckpoint, 2> all{{
      {"neon", PIXELFORGE_LORA_NEON_SHA256, {pxf_lora_neon, pxf_lora_neon_end}},
      {"sketch", PIXELFORGE_LORA_SKETCH_SHA256, {pxf_lora_sketch, pxf_lora_sketch_end}},
  }};
  return all;
}

}  // namespace pxf

#else

namespace pxf {

std::span<const EmbeddedCheckpoint> embedded_checkpoints() { return {}; }
std::span<const EmbeddedCheckpoint> embedded_loras() { return {}; }

}  // namespace pxf

#endif

namespace pxf {

const EmbeddedCheckpoint* find_embedded(std::span<const EmbeddedCheckpoint> among, std::string_view name) {
  const auto at = std::ranges::find(among, name, &EmbeddedCheckpoint::name);
  return at == among.end() ? nullptr : &*at;
}

}  // namespace pxf
