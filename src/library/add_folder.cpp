#include "library/folder_sync.h"
#include "library/model_folders.h"
#include "library/scan.h"

namespace pxf {

namespace fs = std::filesystem;

Result<FolderReport> Library::add_folder(const fs::path& path, const OnFile& on_file, const CancelToken* cancel) {
  const auto roots = model_folders(path);
  if (!roots) return roots.error();
  FolderSync sync(*state_, roots.value());
  Result<FolderReport> report = sync.run(scan_for_models(roots.value()).models, {.on_file = on_file, .cancel = cancel});
  if (!report) return report;
  const fs::path given = fs::absolute(path).lexically_normal();
  report.value().folder = given.string();
  for (const fs::path& root : roots.value()) {
    std::error_code failed;
    if (fs::is_directory(root, failed)) continue;
    report.value().skipped.push_back({ErrorCode::not_found, "no such folder", root.string()});
  }
  if (Status done = state_->store.remember_folder(given.string()); !done) return std::move(done).error();
  return report;
}

Result<std::vector<std::string>> Library::folders() { return state_->store.folders(); }

}  // namespace pxf
