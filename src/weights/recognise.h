// What a weight file is, told from its tensors' names and shapes alone; no weight is read.
// Also names what no engine here can run, so that a message can say what the file is instead of what it is not.
#pragma once

#include <string>
#include <vector>

#include "weights/catalog.h"

namespace pxf {

enum class FileKind { checkpoint, network, lora, vae, text_encoder, embedding, controlnet, upscaler, unknown };

/// "checkpoint", "LoRA" ...: as people call it.
std::string_view to_string(FileKind kind) noexcept;

struct Recognised {
  FileKind kind = FileKind::unknown;
  std::string family;  // "sd1"; empty when unknown
  std::string title;   // "SD 1.x"
  std::vector<std::string> reasons;
};

Recognised recognise(const Catalog& file);

}  // namespace pxf
