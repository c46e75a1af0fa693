#include "pipeline/library_names.h"

#include <fmt/ranges.h>

#include <tuple>
#include <utility>
#include <vector>

#include "base/nearest_name.h"
#include "catalog/facts.h"
#include "catalog/side_files.h"
#include "pipeline/presets.h"
#include "store/home.h"

namespace pxf {

namespace fs = std::filesystem;

Result<std::optional<NamedFile>> find_in_library(const std::string& name) {
  Store store(library_home());
  Result<std::optional<Record>> found = store.find_name_or_hash(name);
  if (!found) return std::move(found).error();
  if (!found.value()) return std::optional<NamedFile>();
  NamedFile file{std::move(*found.value()), {}, {}, {}, {}, {}};
  file.path = store.file_of(file.record);
  const Result<Details> details = store.details(file.record);
  if (!details) return details.error();
  if (file.record.kind == "LoRA") {
    if (const auto lora = facts_from_json(details.value().info).info.lora) file.strength = lora->preferred_strength;
  }
  file.overrides = overrides_from_json(details.value().overrides);
  if (auto tuned = store.tuned(file.record.name)) file.tuned = std::move(tuned).value();
  file.prediction_beside =
      file.record.blob.empty() ? prediction_beside(file.path) : facts_from_json(details.value().info).prediction_beside;
  std::error_code failed;
  if (!fs::exists(file.path, failed)) {
    return Error{ErrorCode::not_found,
                 fmt::format("its file is gone: got nothing at {}; put it back, or drop the name with pixelforge rm",
                             file.path.string()),
                 file.record.name};
  }
  return std::optional(std::move(file));
}

bool means_a_file(const std::string& name_or_path) {
  const fs::path path(name_or_path);
  std::error_code too_long;
  return (path.has_parent_path() || path.has_extension()) && fs::exists(path, too_long);
}

Error with_near_names(Error error, const std::string& wanted, std::string_view what,
                      std::span<const EmbeddedCheckpoint> embedded) {
  if (error.code != ErrorCode::not_found) return error;
  std::vector<std::string_view> names;
  for (const EmbeddedCheckpoint& one : embedded) names.push_back(one.name);
  const std::string in_program = fmt::format("{}", fmt::join(names, ", "));
  Store store(library_home());
  const auto records = store.list();
  if (records) {
    for (const Record& record : records.value()) names.push_back(record.name);
  }
  const std::string_view nearest = nearest_name(fs::path(wanted).filename().string(), names);
  if (!nearest.empty()) error.message += fmt::format("; did you mean \"{}\"?", nearest);
  if (!in_program.empty()) error.message += fmt::format("; the {} in this program are {}", what, in_program);
  return error;
}

void lay_over_tuned(const std::optional<std::string>& saved, const std::string& sha256, const FileStamp& stamp,
                    const std::string& prediction, Recommended& recommended) {
  const std::optional<TunedPreset> tuned = saved ? tuned_from_json(*saved) : std::nullopt;
  if (!tuned) return;
  if (is_of_this_file(*tuned, sha256, stamp) && tuned->prediction == prediction) {
    lay_over(layer_of(*tuned), recommended);
    return;
  }
  recommended.left_out =
      fmt::format("what was {} is not used, for the checkpoint has changed since; tune it again", origin_of(*tuned));
}

Overrides set_in_program(Store& store, const std::string& name) {
  const Result<std::string> said = store.set_in_program(name);
  return said ? overrides_from_json(said.value()) : Overrides();
}

void lay_over_set(const Overrides& set, ModelInfo& embedded) {
  const auto take = [&](const char* key, std::string& into) {
    if (const auto found = set.find(key); found != set.end()) into = found->second;
  };
  take("license", embedded.license);
  take("author", embedded.author);
  take("tags", embedded.tags);
  take("about", embedded.description);
  if (const auto words = set.find("trigger_words"); words != set.end() && embedded.lora)
    embedded.lora->triggers = {words->second};
  if (const auto strength = settings_of(set).strength; strength && embedded.lora)
    embedded.lora->preferred_strength = strength;
  if (embedded.recommended) lay_over(layer_of(set), *embedded.recommended);
}

void apply_library(Store& store, ModelInfo& embedded) {
  if (!embedded.path.empty()) return;
  const auto tuned = store.tuned(embedded.name);
  if (tuned && embedded.recommended)
    lay_over_tuned(tuned.value(), embedded.sha256, {}, embedded.prediction, *embedded.recommended);
  lay_over_set(set_in_program(store, embedded.name), embedded);
}

void apply_library(const NamedFile& file, ModelInfo& info) {
  const Record& record = file.record;
  info.name = record.name;
  info.license = record.license;
  info.author = record.author;
  info.tags = record.tags;
  const auto stamp = file_stamp(file.path);
  const bool same = stamp && stamp.value() == record.stamp;
  info.sha256 = !record.blob.empty() ? record.blob : same ? record.sha256 : "";
  info.tensors_sha256 = !record.blob.empty() || same ? record.tensors_sha256 : "";
  info.auto_v1 = !record.blob.empty() || same ? record.auto_v1 : "";
  if (info.lora) {
    const auto set = settings_of(file.overrides).strength;
    info.lora->preferred_strength = set ? set : file.strength;
  }
  if (!info.recommended) return;
  lay_over_tuned(file.tuned, info.sha256, stamp ? stamp.value() : FileStamp{}, info.prediction, *info.recommended);
  lay_over(layer_of(file.overrides), *info.recommended);
}

Hearsay hearsay_of(const NamedFile& file) {
  Hearsay out = hearsay_of(file.overrides);
  out.prediction_beside = file.prediction_beside;
  return out;
}

Hearsay hearsay_of(const Overrides& set) {
  const auto value = [&](const char* key) {
    const auto it = set.find(key);
    return it == set.end() ? std::string() : it->second;
  };
  Hearsay out{.family = value("family"), .prediction = value("prediction")};
  if (const std::string snr = value("zero_terminal_snr"); !snr.empty()) out.zero_terminal_snr = snr == "true";
  return out;
}

void remember_hashes(const std::string& path, const FileStamp& stamp, const FileDigests& digests) {
  Store store(library_home());
  std::error_code failed;
  const auto found = store.find_path(fs::absolute(path, failed).lexically_normal().string());
  if (!found || !found.value()) return;
  Record record = *found.value();
  // A file that has changed since it was imported has more to tell than its hash: verify and add-folder see to that.
  if (!(record.stamp == stamp)) return;
  const auto before = std::tuple(record.sha256, record.tensors_sha256, record.auto_v1);
  for (const auto& [from, into] :
       {std::pair(&digests.sha256, &record.sha256), std::pair(&digests.tensors_sha256, &record.tensors_sha256),
        std::pair(&digests.auto_v1, &record.auto_v1)}) {
    if (!from->empty()) *into = *from;
  }
  if (std::tie(record.sha256, record.tensors_sha256, record.auto_v1) == before) return;
  static_cast<void>(store.remember_hashes(record));
}

}  // namespace pxf
