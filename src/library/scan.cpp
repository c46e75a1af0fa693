#include "library/scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/lower_case.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kEndings = {".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf"};
constexpr std::array<std::string_view, 5> kNotModels = {"venv", "site-packages", "node_modules", "__pycache__", "env"};
constexpr std::string_view kIndex = ".safetensors.index.json";

/// "model-00001-of-00003.safetensors": its index stands for it.
bool is_shard(const std::string& stem) {
  const auto of = stem.rfind("-of-");
  return of != std::string::npos && of >= 6 && stem.size() == of + 9 && stem[of - 6] == '-' &&
         stem.find_first_not_of("0123456789", of + 4) == std::string::npos;
}

bool is_model_file(const fs::path& path) {
  const std::string name = in_lower_case(path.filename().string());
  if (name.starts_with('.')) return false;
  if (name.ends_with(kIndex)) return true;
  return std::ranges::find(kEndings, fs::path(name).extension().string()) != kEndings.end() &&
         !is_shard(fs::path(name).stem().string());
}

class Scan {
 public:
  void folder(const fs::path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !seen_.emplace(info.st_dev, info.st_ino).second) return;
    std::error_code failed;
    if (fs::exists(path / "model_index.json", failed)) {  // a diffusers folder is one model
      found.models.push_back(path);
      return;
    }
    found.folders.push_back(path);
    for (fs::directory_iterator it(path, failed), end; !failed && it != end; it.increment(failed)) entry(*it);
  }

  Scanned found;

 private:
  void entry(const fs::directory_entry& one) {
    std::error_code failed;
    const std::string name = one.path().filename().string();
    if (one.is_directory(failed)) {
      const bool other = name.starts_with('.') || std::ranges::find(kNotModels, name) != kNotModels.end();
      if (!other) folder(one.path());
    } else if (is_model_file(one.path()) && one.is_regular_file(failed)) {
      found.models.push_back(one.path());
    }
  }

  std::set<std::pair<dev_t, ino_t>> seen_;
};

/// A1111 has webui.py, ComfyUI main.py and comfy/; both keep models in models/, A1111 embeddings beside it.
bool is_whole_program(const fs::path& root) {
  std::error_code failed;
  return fs::is_directory(root / "models", failed) &&
         (fs::exists(root / "webui.py", failed) || fs::exists(root / "comfy", failed));
}

}  // namespace

Scanned scan_for_models(const std::vector<fs::path>& roots) {
  Scan scan;
  for (const fs::path& root : roots) {
    if (is_whole_program(root)) {
      for (const char* part : {"models", "embeddings"}) scan.folder(root / part);
    } else {
      scan.folder(root);
    }
  }
  std::ranges::sort(scan.found.models);
  return std::move(scan.found);
}

}  // namespace pxf
