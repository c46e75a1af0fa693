// Checkpoints turned into another format or element type.
#pragma once

#include <cstdint>
#include <string>

namespace pxf {

struct ConvertOptions {
  // "f32", "f16", "bf16": what every float tensor becomes. "f8_e4m3", "f8_e5m2", "q8_0", "q4_0", "q4_1", "q5_0",
  // "q5_1", "q6_k", "q5_k", "q4_k", "q3_k", "q2_k": what the large matrices become; what a picture depends on more than
  // its share of the file stays f16 or f32. Empty: every type stays as it is, as far as the format has it.
  std::string type = {};
  std::string format = {};  // "safetensors" or "gguf", empty: by the ending of the file to write; "diffusers": a folder
  bool prune = false;       // leave out what inference never reads
};

struct Converted {
  std::string format;          // "safetensors", "GGUF"
  std::string type;            // empty when the types were kept
  std::int64_t tensors = 0;    // in the new file
  std::int64_t converted = 0;  // of them, those that have `type`
  std::int64_t kept = 0;       // float tensors of another type
  std::int64_t pruned = 0;     // left out
  std::uint64_t pruned_bytes = 0;
  std::uint64_t bytes_before = 0, bytes_after = 0;  // of the files
  double seconds = 0;
};

}  // namespace pxf
