#include "server/known_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/trimmed.h"
#include "server/router.h"

namespace pxf {
namespace {

KnownModel known_of(const ModelInfo& model) {
  KnownModel out;
  out.name = model.name;
  out.file = out.path = model.name + ".safetensors";
  out.sha256 = model.sha256;
  out.tensors_sha256 = model.tensors_sha256;
  out.kind = model.kind;
  out.family = model.family;
  if (model.lora) out.trigger_words = fmt::format("{}", fmt::join(model.lora->triggers, ", "));
  return out;
}

KnownModel known_of(const LibraryEntry& entry) {
  KnownModel out;
  out.name = entry.name;
  // What the library keeps is named by its hash.
  const std::string ending = std::filesystem::path(entry.path).extension().string();
  out.file = entry.name + (entry.linked || !ending.empty() ? ending : ".safetensors");
  out.path = entry.path;
  out.sha256 = entry.sha256;
  out.tensors_sha256 = entry.tensors_sha256;
  out.kind = entry.kind;
  out.family = entry.family;
  out.trigger_words = entry.trigger_words;
  return out;
}

bool is_hash_of(std::string_view wanted, const std::string& sha256) {
  constexpr std::size_t kFewest = 8;
  return wanted.size() >= kFewest && sha256.starts_with(wanted);
}

}  // namespace

std::string KnownModel::title() const { return sha256.empty() ? file : fmt::format("{} [{}]", file, short_hash()); }

std::vector<KnownModel> known_models(Service& service, std::string_view kind) {
  std::vector<KnownModel> out;
  const Engine& engine = service.engine();
  for (const auto& in_program : {engine.list(), engine.list_loras()}) {
    for (const ModelInfo& model : in_program) {
      if (model.kind == kind) out.push_back(known_of(model));
    }
  }
  for (const LibraryEntry& entry : value_or_throw(service.library().list())) {
    if (entry.kind == kind) out.push_back(known_of(entry));
  }
  return out;
}

std::optional<KnownModel> find_model(const std::vector<KnownModel>& models, std::string_view wanted) {
  wanted = trimmed(wanted);
  // The hash in a title may be older than that of the file now.
  const std::string_view bare = wanted.ends_with(']') ? trimmed(wanted.substr(0, wanted.rfind(" ["))) : wanted;
  for (const KnownModel& model : models) {
    if (bare == model.name || bare == model.file || bare == model.path) return model;
  }
  for (const KnownModel& model : models) {
    if (is_hash_of(wanted, model.sha256)) return model;
  }
  // "folder/dream.safetensors", as A1111 names files of folders.
  const std::string stem = std::filesystem::path(bare).stem().string();
  const auto found = std::ranges::find(models, stem, &KnownModel::name);
  return found == models.end() ? std::nullopt : std::optional(*found);
}

KnownModel checkpoint_known_as(Service& service, const std::string& wanted, const char* field) {
  const auto models = known_models(service, "checkpoint");
  if (auto found = find_model(models, wanted)) return *found;
  std::vector<std::string_view> names;
  for (const KnownModel& model : models) names.push_back(model.name);
  const std::string_view nearest = nearest_name(wanted, names);
  throw HttpProblem(422, "not_found",
                    fmt::format("model '{}' not found{}", wanted,
                                nearest.empty() ? std::string() : fmt::format("; did you mean '{}'?", nearest)),
                    field);
}

}  // namespace pxf
