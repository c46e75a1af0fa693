#include "pipeline/opened_file.h"

#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "catalog/side_files.h"
#include "formats/open.h"
#include "pipeline/describe.h"
#include "pipeline/licences.h"
#include "pipeline/starter.h"
#include "store/home.h"
#include "weights/original_names.h"

namespace pxf {
namespace {

const EmbeddedCheckpoint* find_embedded(const std::string& name) {
  const EmbeddedCheckpoint* checkpoint = find_embedded(embedded_checkpoints(), name);
  return checkpoint != nullptr ? checkpoint : find_embedded(embedded_loras(), name);
}

std::uint64_t bytes_on_disk(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    const auto size = std::filesystem::file_size(path, ignored);
    return ignored ? 0 : size;
  }
  std::uint64_t sum = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, ignored)) {
    if (entry.is_regular_file(ignored)) sum += entry.file_size(ignored);
  }
  return sum;
}

/// The names as models know them: training checkpoints keep the weights one level down.
Catalog catalog_of(std::shared_ptr<const TensorSource> source) {
  const Catalog all(with_original_names(std::move(source)));
  return all.has_any("state_dict.") ? all.under("state_dict") : all;
}

/// What has that name there, or the file of that name.
Result<OpenedFile> open_on_disk(const std::string& path) {
  auto source = open_tensors(path);
  if (!source) return std::move(source).error();
  return catch_errors([&] { return OpenedFile{bytes_on_disk(path), catalog_of(std::move(source).value()), {}, {}}; });
}

Result<OpenedFile> open_named(NamedFile named) {
  Result<OpenedFile> file = open_on_disk(named.path.string());
  if (file) file.value().named = std::move(named);
  return file;
}

}  // namespace

Result<OpenedFile> open_file(const std::string& name_or_path) {
  if (const EmbeddedCheckpoint* embedded = find_embedded(name_or_path)) {
    auto source = open_tensor_file(MappedFile::of_static(embedded->bytes, name_or_path));
    if (!source) return std::move(source).error();
    return OpenedFile{embedded->bytes.size(), catalog_of(std::move(source).value()), std::string(embedded->sha256), {}};
  }
  if (means_a_file(name_or_path)) return open_on_disk(name_or_path);
  Result<std::optional<NamedFile>> named = find_in_library(name_or_path);
  if (named && named.value()) return open_named(std::move(*named.value()));
  std::error_code no_name;  // too long to be one
  if (std::filesystem::exists(name_or_path, no_name)) return open_on_disk(name_or_path);
  if (!named) return std::move(named).error();
  Result<OpenedFile> none = open_on_disk(name_or_path);
  if (none) return none;  // it has come between
  return with_near_names(std::move(none).error(), name_or_path, "checkpoints", embedded_checkpoints());
}

Hearsay said_of(const OpenedFile& file, const std::string& name_or_path) {
  if (file.named) return hearsay_of(*file.named);
  if (find_embedded(name_or_path) != nullptr) {
    Store store(library_home());
    return hearsay_of(set_in_program(store, name_or_path));
  }
  return {.prediction_beside = prediction_beside(name_or_path)};
}

ModelInfo describe_file(const OpenedFile& file, const std::string& name_or_path, OpenedModel* opened) {
  return describe_file(file, name_or_path, said_of(file, name_or_path), opened);
}

ModelInfo describe_file(const OpenedFile& file, const std::string& name_or_path, const Hearsay& said,
                        OpenedModel* opened) {
  ModelInfo info = describe(file.catalog, said, opened);
  info.bytes = file.bytes;
  info.sha256 = file.sha256;
  if (file.named) {
    info.path = file.named->path.string();
    apply_library(*file.named, info);
  } else if (find_embedded(name_or_path) != nullptr) {
    info.name = name_or_path;
  } else {
    info.path = name_or_path;
    info.name = std::filesystem::path(name_or_path).stem().string();
    info.license = licence_of(file.catalog, name_or_path);
    if (info.lora) info.lora->preferred_strength = read_side_files(name_or_path).strength;
  }
  return info;
}

}  // namespace pxf
