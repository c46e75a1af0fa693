// The labelled prompts of bench/choose (its README says what they are), and how the choosing does on them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "choosing/rank.h"
#include "store/profile_words.h"

namespace pxf::test {

using nlohmann::json;

struct LabelledPrompt {
  std::string part;
  std::vector<std::string> right;  // the label, then others as good
  std::string prompt, negative;
};

inline std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> out(1);
  for (const char c : text) c == by ? static_cast<void>(out.emplace_back()) : out.back().push_back(c);
  return out;
}

inline std::vector<std::vector<std::string>> table_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> out;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) out.push_back(split(line, '\t'));
  if (out.empty()) throw std::runtime_error(path.string() + ": got no rows");
  return out;
}

inline std::string joined(const json& list) {
  std::string out;
  for (const json& one : list) out += (out.empty() ? "" : ", ") + one.get<std::string>();
  return out;
}

struct Models {
  std::vector<Profile> profiles;
  Database words = profile_words_in_memory();
};

inline ProfileText text_of(const json& one) {
  ProfileText text{{}, one["title"], joined(one["tags"]), joined(one["trigger_words"]), one["description"], {}};
  text.title = one["name"].get<std::string>() + ". " + text.title;
  if (one.contains("ss_tag_frequency")) {
    for (const auto& [folder, tags] : one["ss_tag_frequency"].items())
      for (const auto& [tag, count] : tags.items()) text.trained_on.emplace_back(tag, count.get<double>());
  }
  return text;
}

inline void add_model(Models& models, const json& one, const std::string& name) {
  const ProfileText text = text_of(one);
  Profile profile;
  profile.name = name;
  profile.family = one["family"];
  profile.is_for = read_profile(Lexicon::embedded(), text);
  profile.trigger_words = text.trigger_words;
  profile.tags = text.tags;
  std::string trained;
  for (const auto& [tag, count] : text.trained_on) trained += tag + ", ";
  keep_profile_words(models.words, static_cast<std::int64_t>(models.profiles.size()),
                     {name, text.title, text.tags + ", " + trained, text.trigger_words, text.about});
  models.profiles.push_back(std::move(profile));
}

inline std::vector<Support> supports_of(const Models& models, const Wish& wish) {
  std::vector<Support> out(models.profiles.size());
  for (const auto& [id, score] : match_profile_words(models.words, wish.prompt.terms))
    out[static_cast<std::size_t>(id)].words = score;
  return out;
}

/// How often one of the right names came first, or among the first two.
struct Hits {
  int top1 = 0, top2 = 0, of = 0;
  void add(const std::vector<std::string>& right, const std::vector<std::string>& got) {
    const auto is_right = [&](const std::string& name) { return std::ranges::find(right, name) != right.end(); };
    ++of;
    if (!got.empty() && is_right(got[0])) ++top1;
    if ((!got.empty() && is_right(got[0])) || (got.size() > 1 && is_right(got[1]))) ++top2;
  }
  double top1_percent() const { return 100.0 * top1 / of; }
  double top2_percent() const { return 100.0 * top2 / of; }
};

inline Wish wish_of(const std::string& prompt, const std::string& negative) {
  Wish wish;
  wish.prompt = read_prompt(Lexicon::embedded(), prompt, negative);
  return wish;
}

inline std::vector<LabelledPrompt> labelled_prompts(const std::filesystem::path& folder) {
  std::vector<LabelledPrompt> out;
  for (const auto& fields : table_of(folder / "prompts.tsv")) {
    LabelledPrompt row{fields.at(0), {fields.at(1)}, fields.at(3), fields.at(4)};
    for (const std::string& name : split(fields.at(2), '|')) {
      if (!name.empty()) row.right.push_back(name);
    }
    out.push_back(std::move(row));
  }
  return out;
}

struct LabelledModels {
  Models checkpoints, loras;
};

inline LabelledModels labelled_models(const std::filesystem::path& folder) {
  LabelledModels out;
  const json all = json::parse(std::ifstream(folder / "profiles.json"));
  for (const json& one : all["profiles"])
    add_model(one["type"] == "lora" ? out.loras : out.checkpoints, one, one["name"]);
  return out;
}

/// The checkpoints, the best first.
inline std::vector<Rated> rated(const Models& models, const LabelledPrompt& row) {
  const Wish wish = wish_of(row.prompt, row.negative);
  return rank(Lexicon::embedded(), wish, models.profiles, supports_of(models, wish));
}

inline std::vector<std::string> names_of(const Models& models, const std::vector<Rated>& rated) {
  std::vector<std::string> out;
  for (const Rated& one : rated) out.push_back(models.profiles[one.profile].name);
  return out;
}

}  // namespace pxf::test
