// The checkpoints and LoRAs that are linked into the program: mapped from it, never copied.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/file.h"

namespace pxf {

struct EmbeddedCheckpoint {
  std::string_view name;    // "starter"
  std::string_view sha256;  // of the whole file
  Bytes bytes;
};

/// Empty when the program was built without them.
std::span<const EmbeddedCheckpoint> embedded_checkpoints();
std::span<const EmbeddedCheckpoint> embedded_loras();
/// Null when none of them has this name.
const EmbeddedCheckpoint* find_embedded(std::span<const EmbeddedCheckpoint> among, std::string_view name);

}  // namespace pxf
