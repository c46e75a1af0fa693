#include "catalog/facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "catalog/tag_counts.h"

namespace pxf {
namespace {

using nlohmann::json;

template <class T>
void read(const json& object, const char* key, T& into) {
  try {
    if (object.is_object() && object.contains(key)) object[key].get_to(into);
  } catch (const json::exception&) {
  }
}

json parts_json(const std::vector<PartInfo>& parts) {
  json out = json::array();
  for (const PartInfo& part : parts) {
    out.push_back({{"name", part.name},
                   {"tensors", part.tensors},
                   {"parameters", part.parameters},
                   {"bytes", part.bytes},
                   {"types", part.types}});
  }
  return out;
}

std::vector<PartInfo> parts_of(const json& list) {
  std::vector<PartInfo> out;
  if (!list.is_array()) return out;
  for (const json& one : list) {
    PartInfo part;
    read(one, "name", part.name);
    read(one, "tensors", part.tensors);
    read(one, "parameters", part.parameters);
    read(one, "bytes", part.bytes);
    read(one, "types", part.types);
    out.push_back(std::move(part));
  }
  return out;
}

/// The longest entries are counts of training captions, up to megabytes a file: thousands of files would make the
/// library slow, and `inspect` reads them from the file.
json metadata_json(const std::map<std::string, std::string>& metadata) {
  constexpr std::size_t kLongest = 4096;
  json out = json::object();
  for (const auto& [key, value] : metadata) {
    out[key] =
        value.size() <= kLongest ? value : fmt::format("({} bytes: pixelforge inspect shows them)", value.size());
  }
  return out;
}

json recommended_json(const Recommended& r) {
  return {{"sampler", r.sampler}, {"scheduler", r.scheduler}, {"sampler_label", r.sampler_label},
          {"steps", r.steps},     {"cfg_scale", r.cfg_scale}, {"scheduler_label", r.scheduler_label},
          {"width", r.width},     {"height", r.height},       {"from", r.from}};
}

json lora_json(const LoraInfo& lora) {
  json out = {{"kinds", lora.kinds},
              {"modules", lora.modules},
              {"text_modules", lora.text_modules},
              {"ranks", lora.ranks},
              {"triggers", lora.triggers}};
  if (lora.preferred_strength) out["preferred_strength"] = *lora.preferred_strength;
  return out;
}

std::optional<LoraInfo> lora_of(const json& object) {
  if (!object.is_object()) return std::nullopt;
  LoraInfo lora;
  read(object, "kinds", lora.kinds);
  read(object, "modules", lora.modules);
  read(object, "text_modules", lora.text_modules);
  read(object, "ranks", lora.ranks);
  read(object, "triggers", lora.triggers);
  double strength = 0;
  read(object, "preferred_strength", strength);
  if (strength != 0) lora.preferred_strength = strength;
  return lora;
}

std::optional<Recommended> recommended_of(const json& object) {
  if (!object.is_object()) return std::nullopt;
  Recommended r;
  read(object, "sampler", r.sampler);
  read(object, "scheduler", r.scheduler);
  read(object, "sampler_label", r.sampler_label);
  read(object, "scheduler_label", r.scheduler_label);
  read(object, "steps", r.steps);
  read(object, "cfg_scale", r.cfg_scale);
  read(object, "width", r.width);
  read(object, "height", r.height);
  read(object, "from", r.from);
  return r;
}

}  // namespace

Facts gather_facts(ModelInfo info, const std::filesystem::path& model) {
  Facts facts = gather_facts(std::move(info), read_side_files(model));
  facts.prediction_beside = prediction_beside(model);
  return facts;
}

Facts gather_facts(ModelInfo info, const SideFacts& beside) {
  Facts facts{std::move(info), {}, beside.source, beside.preview, {}, {}};
  fill_if_empty(facts.info.model_title, beside.title);
  fill_if_empty(facts.info.author, beside.author);
  fill_if_empty(facts.info.description, beside.description);
  fill_if_empty(facts.info.license, beside.license);
  fill_if_empty(facts.info.tags, beside.tags);
  const auto phrase = facts.info.metadata.find("modelspec.trigger_phrase");
  if (phrase != facts.info.metadata.end()) facts.trigger_words = phrase->second;
  fill_if_empty(facts.trigger_words, beside.trigger_words);
  constexpr std::size_t kMostTags = 60;  // what the model is for shows in fewer
  const auto tags = facts.info.metadata.find("ss_tag_frequency");
  if (tags != facts.info.metadata.end()) facts.trained_on = tag_counts(tags->second, kMostTags);
  if (facts.info.lora) {
    facts.info.lora->preferred_strength = beside.strength;
    fill_if_empty(facts.trigger_words, fmt::format("{}", fmt::join(facts.info.lora->triggers, ", ")));
  }
  return facts;
}

std::string to_json_text(const Facts& facts) {
  const ModelInfo& i = facts.info;
  json out = {{"format", i.format},
              {"bytes", i.bytes},
              {"tensors", i.tensors},
              {"kind", i.kind},
              {"family", i.family},
              {"title", i.title},
              {"reasons", i.reasons},
              {"supported", i.supported},
              {"unsupported_because", i.unsupported_because},
              {"safe", i.safe},
              {"prediction", i.prediction},
              {"parts", parts_json(i.parts)},
              {"missing", i.missing},
              {"wrong_shape", i.wrong_shape},
              {"unexpected", i.unexpected},
              {"model_title", i.model_title},
              {"author", i.author},
              {"description", i.description},
              {"license", i.license},
              {"tags", i.tags},
              {"metadata", metadata_json(i.metadata)},
              {"trigger_words", facts.trigger_words},
              {"source", facts.source},
              {"preview", facts.preview},
              {"prediction_beside", facts.prediction_beside},
              {"trained_on", facts.trained_on}};
  if (i.lora) out["lora"] = lora_json(*i.lora);
  if (i.recommended) out["recommended"] = recommended_json(*i.recommended);
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Facts facts_from_json(const std::string& text) {
  const json in = json::parse(text, nullptr, false);
  Facts facts;
  ModelInfo& i = facts.info;
  read(in, "format", i.format);
  read(in, "bytes", i.bytes);
  read(in, "tensors", i.tensors);
  read(in, "kind", i.kind);
  read(in, "family", i.family);
  read(in, "title", i.title);
  read(in, "reasons", i.reasons);
  read(in, "supported", i.supported);
  read(in, "unsupported_because", i.unsupported_because);
  read(in, "safe", i.safe);
  read(in, "prediction", i.prediction);
  read(in, "missing", i.missing);
  read(in, "wrong_shape", i.wrong_shape);
  read(in, "unexpected", i.unexpected);
  read(in, "model_title", i.model_title);
  read(in, "author", i.author);
  read(in, "description", i.description);
  read(in, "license", i.license);
  read(in, "tags", i.tags);
  read(in, "metadata", i.metadata);
  read(in, "trigger_words", facts.trigger_words);
  read(in, "source", facts.source);
  read(in, "preview", facts.preview);
  read(in, "prediction_beside", facts.prediction_beside);
  read(in, "trained_on", facts.trained_on);
  if (in.is_object() && in.contains("parts")) i.parts = parts_of(in["parts"]);
  if (in.is_object() && in.contains("lora")) i.lora = lora_of(in["lora"]);
  if (in.is_object() && in.contains("recommended")) i.recommended = recommended_of(in["recommended"]);
  return facts;
}

}  // namespace pxf
