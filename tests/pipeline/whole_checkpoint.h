// The golden checkpoints as files that draw: with a VAE, and text encoders that know all of CLIP's tokens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "e2e/weights_file.h"
#include "golden_files.h"

namespace pxf::test {

/// "sd1", "sd2" or "sdxl".
inline WeightsFile whole_checkpoint(const std::string& family) {
  constexpr std::int64_t kTokens = 49408;
  const auto golden = [](const std::string& name) {
    return WeightsFile(golden_folder() / "families" / name / "checkpoint.safetensors");
  };
  WeightsFile out = golden(family);
  if (family != "sd1") out.take(golden("sd1"), "first_stage_model.");
  for (const std::string& name : out.names_ending("token_embedding.weight")) {
    const std::int64_t width = out.shape(name).at(1);
    out.add(name, {kTokens, width}, some_numbers(static_cast<std::size_t>(kTokens * width)));
  }
  return out;
}

}  // namespace pxf::test
