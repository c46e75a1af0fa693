// Which checkpoint is meant by a name and a hash that come from elsewhere.
#include <algorithm>

#include "library/state.h"

namespace pxf {

Result<FoundCheckpoint> Library::find_checkpoint(const std::string& name, const std::string& sha256_start) {
  struct Known {
    std::string name, sha256;
  };
  std::vector<Known> all;
  for (const ModelInfo& embedded : state_->engine.list()) all.push_back({embedded.name, embedded.sha256});
  const Result<std::vector<LibraryEntry>> entries = list();
  if (!entries) return entries.error();
  for (const LibraryEntry& entry : entries.value()) {
    if (entry.kind == "checkpoint") all.push_back({entry.name, entry.sha256});
  }
  const auto same = std::ranges::find_if(
      all, [&](const Known& one) { return !sha256_start.empty() && one.sha256.starts_with(sha256_start); });
  if (same != all.end()) return FoundCheckpoint{same->name, true, same->sha256};
  const auto named = std::ranges::find(all, name, &Known::name);
  if (name.empty() || named == all.end()) return FoundCheckpoint{};
  if (sha256_start.empty()) return FoundCheckpoint{name, true, {}};
  if (named->sha256.empty()) {
    const Result<ModelInfo> info = state_->engine.inspect(name, true);
    if (!info) return info.error();
    named->sha256 = info.value().sha256;
  }
  return FoundCheckpoint{name, named->sha256.starts_with(sha256_start), named->sha256};
}

}  // namespace pxf
