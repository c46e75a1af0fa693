// Which checkpoint is meant by a name and a hash that come from elsewhere.
#include <algorithm>

#include "library/state.h"

namespace pxf {

namespace {

struct Known {
  std::string name, sha256, tensors_sha256, auto_v1;

  bool has_hash(const std::string& start) const {
    return !start.empty() &&
           (sha256.starts_with(start) || tensors_sha256.starts_with(start) || (!auto_v1.empty() && auto_v1 == start));
  }
};

}  // namespace

Result<FoundCheckpoint> Library::find_checkpoint(const std::string& name, const std::string& hash_start) {
  std::vector<Known> all;
  for (const ModelInfo& embedded : state_->engine.list()) all.push_back({embedded.name, embedded.sha256, {}, {}});
  const Result<std::vector<LibraryEntry>> entries = list();
  if (!entries) return entries.error();
  int unhashed = 0;
  for (const LibraryEntry& entry : entries.value()) {
    if (entry.kind != "checkpoint") continue;
    all.push_back({entry.name, entry.sha256, entry.tensors_sha256, entry.auto_v1});
    unhashed += entry.auto_v1.empty() ? 1 : 0;
  }
  const auto same = std::ranges::find_if(all, [&](const Known& one) { return one.has_hash(hash_start); });
  if (same != all.end()) return FoundCheckpoint{same->name, true, same->sha256};
  const auto named = std::ranges::find(all, name, &Known::name);
  if (name.empty() || named == all.end()) return FoundCheckpoint{.unhashed = unhashed};
  if (hash_start.empty()) return FoundCheckpoint{name, true, {}};
  if (named->auto_v1.empty()) {
    const Result<ModelInfo> info = state_->engine.inspect(name, true);
    if (!info) return info.error();
    *named = {name, info.value().sha256, info.value().tensors_sha256, info.value().auto_v1};
  }
  return FoundCheckpoint{name, named->has_hash(hash_start), named->sha256};
}

}  // namespace pxf
