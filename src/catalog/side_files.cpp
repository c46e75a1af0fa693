#include "catalog/side_files.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "catalog/yaml.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kLongest = std::size_t{8} << 20;

/// An object, or null.
json read_object(const fs::path& path) {
  std::error_code none;
  if (!fs::is_regular_file(path, none)) return {};
  const Result<std::string> text = read_file(path, kLongest);
  if (!text) return {};
  json value = json::parse(text.value(), nullptr, false);
  return value.is_object() ? value : json();
}

const json& member(const json& object, const char* key) {
  static const json kNothing;
  if (!object.is_object()) return kNothing;
  const auto it = object.find(key);
  return it == object.end() ? kNothing : *it;
}

/// A text, a number, a truth value, or a list of them with commas between.
std::string text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  std::string out;
  if (!value.is_array()) return out;
  for (const json& one : value) {
    if (const std::string text = text_of(one); !text.empty()) out += (out.empty() ? "" : ", ") + text;
  }
  return out;
}

/// The permissions that Civitai keeps with a model, as one line that judge_licence reads.
std::string permissions(const json& version) {
  const json& model = member(version, "model");
  std::string out;
  for (const char* key : {"allowCommercialUse", "allowNoCredit", "allowDerivatives", "allowDifferentLicense"}) {
    const json& value = member(model, key).is_null() ? member(version, key) : member(model, key);
    if (value.is_null()) continue;
    std::string text = text_of(value);
    if (text.empty() || text == "{}") text = "None";
    out += fmt::format("{}{}={}", out.empty() ? "civitai: " : "; ", key, text);
  }
  return out;
}

/// A strength of 0, or beyond reason, stands for none.
void take_strength_of(const json& value, SideFacts& facts) {
  constexpr double kStrongest = 100;
  const double strength = value.is_number() ? value.get<double>() : 0;
  if (!facts.strength && strength != 0 && std::abs(strength) <= kStrongest) facts.strength = strength;
}

void add_civitai(const json& version, SideFacts& facts) {
  const json& model = member(version, "model");
  fill_if_empty(facts.title, text_of(member(model, "name")));
  fill_if_empty(facts.author, text_of(member(member(version, "creator"), "username")));
  fill_if_empty(facts.author, text_of(member(member(model, "creator"), "username")));
  fill_if_empty(facts.description, text_of(member(version, "description")));
  fill_if_empty(facts.description, text_of(member(model, "description")));
  fill_if_empty(facts.tags, text_of(member(model, "tags")));
  fill_if_empty(facts.trigger_words, text_of(member(version, "trainedWords")));
  fill_if_empty(facts.license, permissions(version));
  take_strength_of(member(member(version, "settings"), "strength"), facts);
  const std::string id = text_of(member(version, "modelId"));
  if (!id.empty()) fill_if_empty(facts.source, fmt::format("https://civitai.com/models/{}", id));
}

/// A1111's user metadata; Civitai's answer saved under that name is told by its modelId.
void add_json(const json& user, SideFacts& facts) {
  if (!member(user, "modelId").is_null()) return add_civitai(user, facts);
  take_strength_of(member(user, "preferred weight"), facts);
  fill_if_empty(facts.trigger_words, text_of(member(user, "activation text")));
  fill_if_empty(facts.trigger_words, text_of(member(user, "trigger_words")));
  fill_if_empty(facts.description, text_of(member(user, "description")));
  fill_if_empty(facts.license, text_of(member(user, "license")));
  fill_if_empty(facts.author, text_of(member(user, "author")));
  fill_if_empty(facts.tags, text_of(member(user, "tags")));
}

std::string find_preview(const fs::path& stem) {
  std::error_code none;
  for (const char* ending :
       {".preview.png", ".preview.jpg", ".preview.jpeg", ".preview.webp", ".png", ".jpg", ".webp"}) {
    const fs::path path = stem.string() + ending;
    if (fs::is_regular_file(path, none)) return path.string();
  }
  return {};
}

/// On Hugging Face a model's licence stands in its card; "other" has its name beside it.
void add_hugging_face(const json& model, SideFacts& facts) {
  const json& card = member(model, "cardData");
  const std::string license = text_of(member(card, "license"));
  if (license == "other") fill_if_empty(facts.license, text_of(member(card, "license_name")));
  fill_if_empty(facts.license, license);
  fill_if_empty(facts.author, text_of(member(model, "author")));
  fill_if_empty(facts.tags, text_of(member(card, "tags")));
  fill_if_empty(facts.trigger_words, text_of(member(card, "instance_prompt")));
}

}  // namespace

SideFacts facts_of_civitai(const std::string& answer) {
  SideFacts facts;
  add_civitai(json::parse(answer, nullptr, false), facts);
  return facts;
}

SideFacts facts_of_hugging_face(const std::string& answer) {
  SideFacts facts;
  add_hugging_face(json::parse(answer, nullptr, false), facts);
  return facts;
}

std::string prediction_beside(const fs::path& model) {
  const fs::path settings = (model.parent_path() / model.stem()).string() + ".yaml";
  std::error_code none;
  if (!fs::is_regular_file(settings, none)) return {};
  const Result<Yaml> yaml = read_yaml(settings);
  const Yaml* value = yaml ? &yaml.value() : nullptr;
  for (const char* key : {"model", "params", "parameterization"}) value = value ? value->find(key) : nullptr;
  return value && (value->text == "v" || value->text == "eps") ? value->text : std::string();
}

SideFacts read_side_files(const fs::path& model) {
  const fs::path stem = model.parent_path() / model.stem();
  SideFacts facts;
  add_json(read_object(stem.string() + ".json"), facts);  // what the user wrote goes before what was fetched
  add_civitai(read_object(stem.string() + ".civitai.info"), facts);
  const json manager = read_object(stem.string() + ".metadata.json");
  add_civitai(member(manager, "civitai"), facts);
  fill_if_empty(facts.tags, text_of(member(manager, "tags")));
  // JSON in a text.
  take_strength_of(member(json::parse(text_of(member(manager, "usage_tips")), nullptr, false), "strength"), facts);
  facts.preview = find_preview(stem);
  return facts;
}

}  // namespace pxf
