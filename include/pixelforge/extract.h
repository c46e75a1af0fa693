// The LoRA that turns one checkpoint into another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pixelforge/licence.h"

namespace pxf {

struct ExtractOptions {
  // Of each module's change, at most. Without `energy`: 32 where nothing is said.
  std::optional<int> rank = {};
  std::optional<int> conv_rank = {};  // of kernels larger than 1x1; not said: as `rank`. 0: these stay as they are
  std::optional<double> energy = {};  // the smallest rank that keeps this share of the squared singular values, 0 to 1
  bool full = false;                  // also the whole changes of norms and biases
  std::string type = "f16";           // or "bf16", "f32"
};

struct Extracted {
  std::int64_t modules = 0;           // in the LoRA
  std::int64_t unchanged = 0;         // modules that are the same in both
  std::vector<int> ranks;             // those that occur, ascending
  double kept = 0;                    // share of the squared change of these modules' weights
  std::vector<std::string> left_out;  // changed tensors that are not in the LoRA
  LicenceVerdict licence;             // the stricter of both
  std::uint64_t bytes = 0;            // of the file
  std::uint64_t read = 0;             // bytes of the tensors that were read
  double seconds = 0;
};

}  // namespace pxf
