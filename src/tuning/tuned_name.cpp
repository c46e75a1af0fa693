#include "tuning/tuned_name.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "pipeline/describe.h"
#include "pipeline/opened_file.h"
#include "store/home.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr int kDistilledSteps = 12;
constexpr std::size_t kLongestStateName = 200;

}  // namespace

std::string name_of_outsider(const fs::path& path) {
  std::string name = "/" + path.string();
  std::ranges::replace(name, '/', '\t');
  return name.size() > kLongestStateName ? name.substr(name.size() - kLongestStateName) : name;
}

fs::path home_of_tuning(const fs::path& asked) {
  fs::path home = asked.empty() ? library_home() : asked;
  if (home.empty()) {
    fail(ErrorCode::invalid_argument,
         "there is no place for what is measured: got no $HOME; set PIXELFORGE_HOME to a folder");
  }
  return home;
}

TunedName identify(const ModelInfo& info, Store& store) {
  TunedName out{info.name, true, {}};
  out.identity.prediction = info.prediction;
  out.identity.sha256 = info.sha256;
  if (info.path.empty()) return out;
  const fs::path path = fs::absolute(info.path).lexically_normal();
  const FileStamp stamp = value_or_throw(file_stamp(path));
  out.identity.bytes = stamp.bytes;
  out.identity.mtime = stamp.mtime;
  for (const auto& record : {value_or_throw(store.find(info.name)), value_or_throw(store.find_path(path.string()))}) {
    if (!record || fs::absolute(store.file_of(*record)).lexically_normal() != path) continue;
    out.name = record->name;
    return out;
  }
  out.name = name_of_outsider(path);
  out.in_library = false;
  return out;
}

Recommended first_recommendation(const ModelInfo& info) {
  const std::string& place = info.path.empty() ? info.name : info.path;
  const OpenedFile file = value_or_throw(open_file(place));
  return describe(file.catalog, said_of(file, place), nullptr).recommended.value_or(*info.recommended);
}

void check_can_be_tuned(const ModelInfo& info, const Recommended& r, const TunedName& name, bool saves) {
  if (r.from.starts_with("its name") || r.cfg_scale <= 1 || r.steps <= kDistilledSteps) {
    throw Failure(
        Error{ErrorCode::unsupported,
              fmt::format("was distilled to few steps ({} at CFG {}, by {}): they are what it needs, and there "
                          "is nothing to tune",
                          r.steps, r.cfg_scale, r.from),
              info.name});
  }
  if (saves && !name.in_library) {
    throw Failure(
        Error{ErrorCode::unsupported,
              "is not in the library, so what is found could not be saved; import it first (pixelforge import "
              "FILE --link), or try --dry-run",
              info.path});
  }
}

void save_tuned(const std::map<Level, Recommended::AtLevel>& levels, const TunedName& name, Store& store) {
  TunedPreset preset = name.identity;
  preset.levels = levels;
  preset.when =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  value_or_throw(store.save_tuned(name.name, to_json_text(preset)));
}

}  // namespace pxf
