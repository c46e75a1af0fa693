// What a merged file says of where it comes from.
#pragma once

#include <string>
#include <vector>

#include "formats/tensor_source.h"
#include "pixelforge/licence.h"
#include "pixelforge/merge.h"
#include "pixelforge/model_info.h"

namespace pxf {

/// All that had a part in a merge, as they were opened.
struct MergeParticipants {
  std::vector<ModelInfo> models;  // A first
  std::vector<ModelInfo> base, loras, vae;

  std::vector<const ModelInfo*> all() const;
};

struct MergeRecord {
  TensorSource::Metadata metadata;
  LicenceVerdict licence;
  std::string recipe;
};

/// A's metadata without what no longer holds, with the recipe as A1111 writes it (sd_merge_recipe, sd_merge_models) and
/// ModelSpec's merged_from; the licence is that of whoever has the strictest. Hashes are those already known.
MergeRecord merge_record(TensorSource::Metadata of_a, const MergeParticipants& participants,
                         const MergeOptions& options, const std::string& title);

}  // namespace pxf
