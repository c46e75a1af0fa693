// The LoRAs of a request, on a checkpoint's model.
// A request with LoRAs runs on a model of its own, which shares every weight that they leave alone, packed forms
// included, with the checkpoint's: nothing is changed in place, so nothing has to be put back and nobody has to wait.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "models/family.h"
#include "pipeline/embeddings.h"
#include "pipeline/lora_file.h"
#include "pixelforge/engine.h"
#include "text/prompt_networks.h"
#include "weights/catalog.h"

namespace pxf {

struct AdaptedModel {
  std::string key;  // which LoRAs, how strong, as their files are now
  Model model;
  std::vector<LoraPlan> loras;
  std::vector<NamedEmbedding> embeddings;  // that their files bring along
  std::uint64_t packed_bytes = 0;          // that the changed weights take as kernels hold them
};

/// The files of the last request's LoRAs, read and checked: another strength need not read them again. Not thread-safe.
class OpenedLoras {
 public:
  /// A file for each use. Throws Failure.
  std::vector<std::shared_ptr<const LoraFile>> all_of(const std::vector<LoraUse>& loras);

 private:
  std::map<std::string, std::shared_ptr<const LoraFile>> last_;  // by stamp_of()
};

/// A checkpoint's model with the LoRAs of the last request.
struct AdaptedCache {
  std::mutex mutex;
  std::shared_ptr<const AdaptedModel> last = {};  // guarded by the mutex, as are the files
  OpenedLoras files = {};
};

/// What LoRAs are put on.
struct AdaptedBase {
  const ModelInfo& info;
  const Catalog& file;
  const Model& model;
};

/// The model with the LoRAs of a picture's prompt and the request's own; null when there are none. `threads` outlives
/// it. The one made last is given again for the same LoRAs. Errors: not_found, io; bad_file (damaged, incomplete, NaN,
/// wrong shapes); unsupported (of another family, with both names; no adapter); invalid_argument (a strength).
Result<std::shared_ptr<const AdaptedModel>> adapt(const AdaptedBase& base, AdaptedCache& cache,
                                                  const std::string& prompt, const std::vector<LoraUse>& loras,
                                                  ThreadPool* threads);

/// Those without a strength get the one that is preferred for them, else 1.
std::vector<LoraUse> with_strengths(std::vector<LoraUse> loras);

/// Whether a tag in a prompt asks for a LoRA.
bool is_lora(const ExtraNetwork& network);
/// Whether two prompts have tags for the same LoRAs.
bool same_loras(const std::string& a, const std::string& b);

/// LoRAs in a model for good.
struct BakedLoras {
  std::vector<LoraPlan> plans;
  std::vector<Weight> weights;  // that are changed, computed as they are read; by the names that the file gives them
};
/// Puts them on the weights that the model has now, in their order. Throws Failure like adapt's errors.
BakedLoras bake(const AdaptedBase& base, const std::vector<LoraUse>& loras, ThreadPool* threads);

/// What `inspect` says of an adapter's file: its kinds, ranks, trigger words. Adds the family to `info`.
void describe_lora(const Catalog& file, ModelInfo& info);

}  // namespace pxf
