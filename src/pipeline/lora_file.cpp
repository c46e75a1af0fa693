#include "pipeline/lora_file.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "catalog/side_files.h"
#include "formats/open.h"
#include "formats/safetensors.h"
#include "pipeline/library_names.h"
#include "pipeline/licences.h"
#include "pipeline/starter.h"
#include "store/file_hash.h"
#include "store/home.h"
#include "weights/recognise.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestConfig = std::size_t{1} << 20;

/// A name of the library stands for its file; what is embedded, or is a file's path, is no such name.
std::optional<NamedFile> find_named(const std::string& name_or_path) {
  if (find_embedded(embedded_loras(), name_or_path) != nullptr || means_a_file(name_or_path)) return std::nullopt;
  auto found = find_in_library(name_or_path);
  std::error_code none;
  if (!found && fs::exists(name_or_path, none)) return std::nullopt;  // a damaged library keeps no file from opening
  return value_or_throw(std::move(found));
}

struct Opened {
  std::shared_ptr<const MappedFile> bytes;  // null for what is no single file
  std::shared_ptr<const TensorSource> tensors;
};

Opened open_bytes(const std::string& name_or_path) {
  if (const EmbeddedCheckpoint* embedded = find_embedded(embedded_loras(), name_or_path)) {
    auto bytes = MappedFile::of_static(embedded->bytes, name_or_path);
    return {bytes, value_or_throw(open_safetensors(bytes))};
  }
  fs::path path = name_or_path;
  if (fs::is_directory(path) && fs::exists(path / "adapter_model.safetensors")) path /= "adapter_model.safetensors";
  auto file = MappedFile::open(path);
  if (!file) throw Failure(with_near_names(std::move(file).error(), name_or_path, "LoRAs", embedded_loras()));
  auto bytes = std::move(file).value();
  return {bytes, value_or_throw(open_tensor_file(bytes))};
}

// The sha256 of what follows the header: it stays the same when somebody edits the metadata.
std::string auto_v3(const Opened& file) {
  if (!file.bytes || file.tensors->format() != "safetensors") return {};
  const Bytes all = file.bytes->bytes();
  const std::uint64_t begin = 8 + load_le<std::uint64_t>(all);
  return value_or_throw(sha256_of(all.subspan(static_cast<std::size_t>(std::min<std::uint64_t>(begin, all.size())))))
      .substr(0, 12);
}

/// What its user has set goes before what the file says.
std::string licence_in_program(const std::string& name, const std::string& of_file) {
  Store store(library_home());
  const Overrides set = set_in_program(store, name);
  const auto said = set.find("license");
  return said == set.end() ? of_file : said->second;
}

struct LoraHeader {
  Opened opened;
  Catalog file;
  std::string name, license;
};

LoraHeader open_header(const std::string& name_or_path) {
  const std::optional<NamedFile> named = find_named(name_or_path);
  Opened opened = open_bytes(named ? named->path.string() : name_or_path);
  Catalog file(opened.tensors);
  const Recognised what = recognise(file);
  if (what.kind != FileKind::lora) {
    const std::string is = what.kind == FileKind::unknown ? "something else" : std::string(to_string(what.kind));
    const std::string hint = what.kind == FileKind::checkpoint ? "; give a checkpoint with --checkpoint" : "";
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("is {}{}{}, need a LoRA{}", is == "something else" ? "" : "a ", is,
                                    what.title.empty() ? "" : " of " + what.title, hint),
                        file.source().name()});
  }
  if (named) return {std::move(opened), std::move(file), named->record.name, named->record.license};
  const bool embedded = find_embedded(embedded_loras(), name_or_path) != nullptr;
  const fs::path path = fs::path(name_or_path).lexically_normal();
  std::string license = licence_of(file, embedded ? fs::path() : path);
  if (embedded) license = licence_in_program(name_or_path, license);
  const fs::path stem = path.has_stem() ? path.stem() : path.parent_path().stem();
  return {std::move(opened), std::move(file), embedded ? name_or_path : stem.string(), std::move(license)};
}

}  // namespace

Result<LoraFile> open_lora(const std::string& name_or_path) {
  return catch_errors([&]() -> LoraFile {
    LoraHeader header = open_header(name_or_path);
    auto adapter = std::make_shared<const Adapter>(read_adapter(header.file, config_of(header.file)));
    check_finite(*adapter);
    const AdapterFamily family = family_of(*adapter);
    std::vector<NamedEmbedding> embeddings = read_bundled_embeddings(header.file);
    for (NamedEmbedding& one : embeddings) one.license = header.license;
    return {std::move(header.name), auto_v3(header.opened),   std::move(adapter), family,
            std::move(embeddings),  std::move(header.license)};
  });
}

Result<NamedLicence> read_lora_licence(const std::string& name_or_path) {
  return catch_errors([&]() -> NamedLicence {
    LoraHeader header = open_header(name_or_path);
    return {std::move(header.name), std::move(header.license)};
  });
}

std::optional<double> preferred_strength(const std::string& name_or_path) {
  if (find_embedded(embedded_loras(), name_or_path) != nullptr) {
    Store store(library_home());
    return settings_of(set_in_program(store, name_or_path)).strength;
  }
  const auto named = catch_errors([&] { return find_named(name_or_path); });
  if (!named || !named.value()) return read_side_files(name_or_path).strength;
  const auto set = settings_of(named.value()->overrides).strength;
  return set ? set : named.value()->strength;
}

std::string stamp_of(const std::string& name_or_path) {
  if (find_embedded(embedded_loras(), name_or_path) != nullptr)
    return name_or_path + "\n" + licence_in_program(name_or_path, {});
  const auto named = catch_errors([&] { return find_named(name_or_path); });
  const fs::path path = named && named.value() ? named.value()->path : fs::path(name_or_path);
  std::error_code none;
  const auto changed = fs::last_write_time(path, none);
  const auto length = fs::is_regular_file(path, none) ? fs::file_size(path, none) : 0;
  const std::string license = named && named.value() ? named.value()->record.license : "";
  return fmt::format("{}\n{}\n{}\n{}\n{}", name_or_path, path.string(), changed.time_since_epoch().count(), length,
                     license);
}

AdapterConfig config_of(const Catalog& file) {
  const fs::path beside = fs::path(file.source().name()).parent_path() / "adapter_config.json";
  std::error_code none;
  // Only PEFT's own file name: a folder of other LoRAs may hold one such file by chance.
  if (fs::path(file.source().name()).stem() == "adapter_model" && fs::exists(beside, none)) {
    return read_adapter_config(value_or_throw(read_file(beside, kLargestConfig)), beside.string());
  }
  // diffusers: the same settings, each with its part's name before it ("unet.lora_alpha").
  const auto all = nlohmann::json::parse(file.metadata("lora_adapter_metadata"), nullptr, false);
  nlohmann::json settings = nlohmann::json::object();
  if (all.is_object()) {
    for (const auto& [key, value] : all.items()) {
      const auto dot = key.find('.');
      if (dot != std::string::npos && !settings.contains(key.substr(dot + 1))) settings[key.substr(dot + 1)] = value;
    }
  }
  return settings.empty() ? AdapterConfig{} : read_adapter_config(settings.dump(), file.source().name());
}

}  // namespace pxf
