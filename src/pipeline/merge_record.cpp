#include "pipeline/merge_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "pipeline/merge_plan.h"

namespace pxf {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

// As A1111's merger calls it, for programs that read its recipes.
std::string_view interpolation(MergeMethod method) {
  if (method == MergeMethod::weighted) return "Weighted sum";
  return method == MergeMethod::add_difference ? "Add difference" : to_string(method);
}

double multiplier(const MergeOptions& options) {
  if (options.models.size() != 2) return options.strength;
  const double a = options.models[0].weight, b = options.models[1].weight;
  const bool mean = options.method == MergeMethod::weighted || options.method == MergeMethod::slerp;
  return mean ? b / (a + b) : b;
}

Json recipe_json(const MergeParticipants& who, const MergeOptions& options) {
  Json models = Json::array(), loras = Json::array();
  for (std::size_t i = 0; i < who.models.size(); ++i) {
    models.push_back({{"name", who.models[i].name},
                      {"weight", options.models[i].weight},
                      {"sha256", or_null(who.models[i].sha256)}});
  }
  for (std::size_t i = 0; i < who.loras.size(); ++i) {
    const LoraUse& use = options.loras[i];
    Json lora = {{"name", who.loras[i].name}, {"strength", use.strength.value_or(1)}};
    if (use.text_strength) lora["text_strength"] = *use.text_strength;
    if (!use.blocks.empty()) lora["blocks"] = use.blocks;
    loras.push_back(std::move(lora));
  }
  const std::string second = who.models.size() > 1 ? who.models[1].sha256 : "";
  Json out = {{"type", "pixelforge"},
              {"primary_model_hash", or_null(who.models[0].sha256)},
              {"secondary_model_hash", or_null(second)},
              {"tertiary_model_hash", or_null(who.base.empty() ? "" : who.base[0].sha256)},
              {"interp_method", interpolation(options.method)},
              {"multiplier", multiplier(options)},
              {"bake_in_vae", who.vae.empty() ? "None" : who.vae[0].name},
              {"models", std::move(models)}};
  if (!who.base.empty()) out["base"] = who.base[0].name;
  if (options.method == MergeMethod::ties || options.method == MergeMethod::dare) {
    out["density"] = options.density;
    out["strength"] = options.strength;
  }
  if (options.method == MergeMethod::dare) out["seed"] = options.seed;
  if (!options.blocks.empty()) out["blocks"] = options.blocks;
  if (!options.only.empty()) out["only"] = options.only;
  if (!loras.empty()) out["loras"] = std::move(loras);
  return out;
}

Json metadata_json(const ModelInfo& model, const char* key) {
  const auto at = model.metadata.find(key);
  return at == model.metadata.end() ? Json() : Json::parse(at->second, nullptr, false);
}

// By hash, with those that the models were merged from themselves.
Json ancestors(const MergeParticipants& who) {
  Json out = Json::object();
  for (const ModelInfo* model : who.all()) {
    const Json before = metadata_json(*model, "sd_merge_models");
    if (before.is_object()) {
      for (const auto& [hash, ancestor] : before.items()) out[hash] = ancestor;
    }
    if (model->sha256.empty()) continue;
    const Json recipe = metadata_json(*model, "sd_merge_recipe");
    out[model->sha256] = {{"name", model->name}, {"sd_merge_recipe", recipe.is_object() ? recipe : Json()}};
  }
  return out;
}

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// The model whose licence is the strictest.
const ModelInfo& strictest(const MergeParticipants& who) {
  const std::vector<const ModelInfo*> all = who.all();
  return **std::ranges::max_element(all, {},
                                    [](const ModelInfo* model) { return judge_licence(model->license).commercial; });
}

}  // namespace

std::vector<const ModelInfo*> MergeParticipants::all() const {
  std::vector<const ModelInfo*> out;
  for (const auto* list : {&models, &base, &loras, &vae}) {
    for (const ModelInfo& one : *list) out.push_back(&one);
  }
  return out;
}

MergeRecord merge_record(TensorSource::Metadata of_a, const MergeParticipants& participants,
                         const MergeOptions& options, const std::string& title) {
  MergeRecord out{std::move(of_a), {}, dumped(recipe_json(participants, options))};
  for (const char* of_the_tensors : {"modelspec.hash_sha256", "sshs_model_hash", "sshs_legacy_hash"}) {
    out.metadata.erase(of_the_tensors);
  }
  std::string names;
  std::vector<std::pair<std::string, std::string>> licences;
  for (const ModelInfo* model : participants.all()) {
    names += (names.empty() ? "" : ", ") + model->name;
    licences.emplace_back(model->name, model->license);
  }
  out.licence = judge_licences(licences);
  out.metadata["sd_merge_recipe"] = out.recipe;
  out.metadata["sd_merge_models"] = dumped(ancestors(participants));
  out.metadata["modelspec.merged_from"] = names;
  out.metadata["modelspec.title"] = title;
  out.metadata["modelspec.license"] = strictest(participants).license;
  if (out.metadata["modelspec.license"].empty()) out.metadata.erase("modelspec.license");
  return out;
}

}  // namespace pxf
