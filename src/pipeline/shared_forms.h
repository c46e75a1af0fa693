// What kernels made of weights, found again: for those of the same file; in VAEs and text encoders, which checkpoints
// often have in common, for those whose elements are the same; and what was prepared on the disk.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "ops/weight.h"
#include "pipeline/prepared.h"
#include "store/content_digest.h"

namespace pxf {

/// An engine's. Thread-safe. Keeps nothing itself: what no weight holds any more is made anew.
class SharedForms : public std::enable_shared_from_this<SharedForms> {
 public:
  /// `threads` outlives every use.
  explicit SharedForms(ThreadPool& threads);

  /// Before the first use of a model's weights.
  void serve(const std::vector<BoundPart>& parts);
  /// The same for single weights of a file. `stamp`: TensorSource::stamp, empty when not known. `prepared`: what is
  /// mapped in place of packing, where it is there.
  std::shared_ptr<FormStore> store_for(const std::string& stamp, bool by_content,
                                       const std::filesystem::path& prepared = {});

 private:
  class Part;
  std::shared_ptr<const Buffer> find(const std::string& key) const;
  /// `made`, or what another thread has put there meanwhile.
  std::shared_ptr<const Buffer> keep(const std::string& key, std::shared_ptr<const Buffer> made);
  std::string content_key(const Weight& weight) const;

  ThreadPool& threads_;
  std::optional<ContentDigest> digest_;  // without it only the same file's are found
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const Buffer>> forms_;  // guarded by the mutex
  std::size_t swept_ = 0;                                     // entries after the expired ones were last taken out
};

}  // namespace pxf
