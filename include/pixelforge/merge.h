// One checkpoint made of several.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pixelforge/licence.h"
#include "pixelforge/request.h"

namespace pxf {

enum class MergeMethod : std::uint8_t {
  weighted,        // the mean with the models' weights, which need not sum to 1: A1111's weighted sum of two with M
                   // is 1 - M and M
  add_difference,  // A + sum over the others of weight * (model - base): A1111's add difference
  slerp,           // of two: on the great circle, where weighted goes straight (Shoemake 1985)
  ties,            // base + strength * what is left of the differences without the small and the contradicting ones
                   // (Yadav et al. 2023, arXiv 2306.01708)
  dare,            // base + strength * sum of weight * difference, thinned by chance (Yu et al. 2023, arXiv 2311.03099)
};

struct MergedModel {
  std::string name;   // or a path
  double weight = 1;  // in add_difference, that of the first one says nothing
};

struct MergeOptions {
  std::vector<MergedModel> models;  // the first one is A: the result has its tensors, types and metadata
  MergeMethod method = MergeMethod::weighted;
  std::string base = {};   // what the differences of add_difference, ties and dare are taken from
  double density = 0.5;    // ties, dare: the share of a difference that is kept, above 0 and at most 1
  double strength = 1;     // ties, dare: of the merged difference
  std::uint64_t seed = 0;  // dare: which elements are kept
  // Other numbers for blocks of the UNet, as "IN=0.3,M00=1,OUT05=0.2" or a list of 26 or 20 as supermerger has them:
  // the second model's share (weighted, slerp: of two), its weight (add_difference: of two), the strength (ties, dare).
  // Blocks that are not named keep the number that holds for all.
  std::string blocks = {};
  std::string only = {};            // "unet", "text" or "vae": the other parts stay A's. Empty: all are merged
  std::vector<LoraUse> loras = {};  // merged in afterwards, in their order; for all steps
  std::string vae = {};             // a file whose VAE takes the place of A's
  std::string type = {};            // as ConvertOptions::type. Empty: A's types
  std::string format = {};          // as ConvertOptions::format
  bool prune = false;               // as ConvertOptions::prune
};

struct Merged {
  std::string format;               // "safetensors", "GGUF"
  std::int64_t tensors = 0;         // in the new file
  std::int64_t merged = 0;          // of them, those that were made of all models
  std::vector<std::string> from_a;  // names of those taken from A because another model lacks them
  std::int64_t left_out = 0;        // tensors of the others that A lacks
  struct Lora {
    std::string name;
    std::int64_t applied = 0, total = 0;  // of its tensors
  };
  std::vector<Lora> loras;
  LicenceVerdict licence;   // the strictest of all that had a part in it
  std::string recipe;       // JSON, as the file's metadata have it
  std::uint64_t bytes = 0;  // of the file
  std::uint64_t read = 0;   // bytes of the tensors that were read
  double seconds = 0;
};

}  // namespace pxf
