// Where two models differ: tensor by tensor, block by block, part by part.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pixelforge/image.h"

namespace pxf {

/// A tensor, or what a block or part has of them.
struct DiffRow {
  std::string name;                          // "IN04", "TE03", "decoder.up.01"; a tensor's in a whole checkpoint
  std::string block;                         // of a tensor: the name of its block
  std::string part;                          // "unet", "text", "vae", "other"
  std::int64_t tensors = 0, parameters = 0;  // that both have
  std::int64_t changed = 0;                  // tensors of those with other values
  std::int64_t missing = 0, added = 0;       // tensors that B lacks; that A lacks
  std::int64_t misshapen = 0;                // tensors of other shapes, not compared
  std::int64_t damaged = 0;                  // tensors that hold NaN or infinity, not compared
  double relative = 0;                       // |B - A| / |A| (L2); infinite where A is zero and B is not
  double cosine = 1;                         // of the angle between them
  double largest = 0;                        // |b - a| of an element

  std::int64_t equal() const { return tensors - changed - damaged; }
};

struct DiffReport {
  std::string a, b;           // names
  std::string kind;           // of A: "checkpoint", "LoRA" ...
  bool lora_changes = false;  // LoRAs compared by what they do to each weight, not by their factors
  DiffRow whole;
  std::vector<DiffRow> parts, blocks, tensors;
  std::uint64_t read = 0;  // bytes
  double seconds = 0;
};

/// A bar for each block, as long as its relative distance.
Image draw_chart(const DiffReport& report);

}  // namespace pxf
