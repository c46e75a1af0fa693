// `prepared/` in the library's folder: the weights of checkpoints as kernels want them, mapped in place of packing them
// again. Only what can be made again lies there; it may be deleted at any time.
//
//   CONTENT        the laid-out weights of one part of a model, a safetensors file; the name is a sha256 of what they
//   were
//                  made of
//   KEY-PART       a link to it from the part (unet, vae, text, text_2) of a file; KEY is a hash of the file's stamp
//
// So a VAE that several checkpoints have is there once, and mapped once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/thread_pool.h"
#include "formats/tensor_source.h"
#include "models/family.h"
#include "ops/weight.h"
#include "pixelforge/cancel.h"

namespace pxf {

/// One CONTENT, mapped. Thread-safe.
class PreparedPart : public std::enable_shared_from_this<PreparedPart> {
 public:
  /// Null when there is none, or when it is damaged. `threads` read all of it; null: it is read when it is touched.
  static std::shared_ptr<PreparedPart> open(const std::filesystem::path& path, ThreadPool* threads);

  /// Of the file that is mapped.
  std::string stamp() const { return source_->stamp(); }
  /// The weight of this name in this layout, `bytes` long; null when it is not there. The file's pages are let go with
  /// it.
  std::shared_ptr<const Buffer> find(std::string_view form, const std::string& name, std::size_t bytes);
  /// Whether its layouts of this form are those of this program: `made` is what `found` should be. Asked once for each
  /// form; the answer holds for the others.
  bool trusts(std::string_view form, const std::shared_ptr<const Buffer>& found,
              const std::function<std::shared_ptr<const Buffer>()>& made);

 private:
  explicit PreparedPart(std::shared_ptr<const TensorSource> source) : source_(std::move(source)) {}
  std::shared_ptr<const TensorSource> source_;
  std::mutex mutex_;
  std::map<std::string, bool, std::less<>> trusted_;  // guarded by the mutex
};

struct BoundPart {
  const Declarations* declarations;
  std::string name;   // "unet"
  std::string stamp;  // of its file
};
/// The parts that a model has. `vae_stamp`: of the file that its VAE is from.
std::vector<BoundPart> parts_of(const Model& model, const std::string& stamp, const std::string& vae_stamp);

/// Empty when there is no library's folder, or for a file whose stamp is not known.
std::filesystem::path prepared_path(const BoundPart& part);
/// Of those of these files that are there.
std::uint64_t prepared_bytes(const std::vector<std::filesystem::path>& paths);

/// Writes what kernels hold of this part now, unless that is there. Throws Failure: io, no_space, cancelled. The bytes.
std::uint64_t write_prepared(const BoundPart& part, const CancelToken* cancel);
/// Removes those used longest ago until the rest takes no more than `limit`, and links to what is no longer there.
void limit_prepared(std::uint64_t limit);

}  // namespace pxf
