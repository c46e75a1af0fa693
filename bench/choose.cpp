// How often the choosing picks what a person would: bench_choose [FOLDER] [--part train|test] [--wrong].
// FOLDER has the files of bench/choose (its README says what they are). Prints top-1 and top-2 beside those of a plain
// keyword match and of chance, the same of the LoRAs, and how long a choice takes among 1,000 checkpoints.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "choosing/rank.h"
#include "store/profile_words.h"

namespace pxf {
namespace {

using nlohmann::json;

struct Row {
  std::string part;
  std::vector<std::string> right;  // the label, then others as good
  std::string prompt, negative;
};

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> out(1);
  for (const char c : text) c == by ? static_cast<void>(out.emplace_back()) : out.back().push_back(c);
  return out;
}

std::vector<std::vector<std::string>> table_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> out;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) out.push_back(split(line, '\t'));
  if (out.empty()) throw std::runtime_error(fmt::format("{}: got no rows", path.string()));
  return out;
}

std::string joined(const json& list) {
  std::string out;
  for (const json& one : list) out += (out.empty() ? "" : ", ") + one.get<std::string>();
  return out;
}

struct Models {
  std::vector<Profile> profiles;
  Database words = profile_words_in_memory();
};

ProfileText text_of(const json& one) {
  ProfileText text{{}, one["title"], joined(one["tags"]), joined(one["trigger_words"]), one["description"], {}};
  text.title = one["name"].get<std::string>() + ". " + text.title;
  if (one.contains("ss_tag_frequency")) {
    for (const auto& [folder, tags] : one["ss_tag_frequency"].items())
      for (const auto& [tag, count] : tags.items()) text.trained_on.emplace_back(tag, count.get<double>());
  }
  return text;
}

void add_model(Models& models, const json& one, const std::string& name) {
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

std::vector<Support> supports_of(const Models& models, const Wish& wish) {
  std::vector<Support> out(models.profiles.size());
  for (const auto& [id, score] : match_profile_words(models.words, wish.prompt.terms))
    out[static_cast<std::size_t>(id)].words = score;
  return out;
}

struct Count {
  int top1 = 0, top2 = 0, of = 0;
  void add(const std::vector<std::string>& right, const std::vector<std::string>& got) {
    const auto is_right = [&](const std::string& name) { return std::ranges::find(right, name) != right.end(); };
    ++of;
    if (!got.empty() && is_right(got[0])) ++top1;
    if ((!got.empty() && is_right(got[0])) || (got.size() > 1 && is_right(got[1]))) ++top2;
  }
  void print(const std::string& what) const {
    fmt::print("{:<28} top-1 {:5.1f} %   top-2 {:5.1f} %   of {}\n", what, 100.0 * top1 / of, 100.0 * top2 / of, of);
  }
};

Wish wish_of(const std::string& prompt, const std::string& negative) {
  Wish wish;
  wish.prompt = read_prompt(Lexicon::embedded(), prompt, negative);
  return wish;
}

void print_wrong(const Row& row, const Models& models, const std::vector<Rated>& rated) {
  fmt::print("  {} <- {} {}\n", row.right[0], row.prompt, row.negative.empty() ? "" : "[neg] " + row.negative);
  for (std::size_t i = 0; i < 2; ++i) {
    const Rated& r = rated[i];
    fmt::print("      {:<14} {:.2f} = intent {:.2f} general {:.2f} words {:.2f}: {}\n", models.profiles[r.profile].name,
               r.score, r.intent, r.general, r.words, r.why);
  }
}

void judge(const Models& models, const std::vector<Row>& rows, const std::string& part, bool wrong) {
  Count ours, words;
  std::map<std::string, Count> by_name;
  for (const Row& row : rows) {
    if (row.part != part) continue;
    const Wish wish = wish_of(row.prompt, row.negative);
    const std::vector<Support> supports = supports_of(models, wish);
    const std::vector<Rated> rated = rank(Lexicon::embedded(), wish, models.profiles, supports);
    std::vector<std::string> names, by_words;
    for (const Rated& one : rated) names.push_back(models.profiles[one.profile].name);
    std::vector<std::size_t> order(models.profiles.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return supports[i].words; });
    for (const std::size_t i : order) by_words.push_back(models.profiles[i].name);
    ours.add(row.right, names);
    by_name[row.right[0]].add(row.right, names);
    words.add(row.right, by_words);
    if (wrong && std::ranges::find(row.right, names[0]) == row.right.end()) print_wrong(row, models, rated);
  }
  ours.print(part + ": this choosing");
  words.print(part + ": keyword match (BM25)");
  const double chance = 100.0 / static_cast<double>(models.profiles.size());
  fmt::print("{:<28} top-1 {:5.1f} %   top-2 {:5.1f} %\n", part + ": chance", chance, 2 * chance);
  for (const auto& [name, count] : by_name) count.print("    " + name);
}

void judge_loras(const std::vector<Profile>& loras, const std::vector<std::vector<std::string>>& rows,
                 const std::string& part, bool wrong) {
  int right = 0, of = 0, missed = 0, needless = 0;
  for (const auto& row : rows) {
    if (row[0] != part) continue;
    std::set<std::string> want, got;
    if (row[2] != "-") {
      for (const std::string& name : split(row[2], '|')) want.insert(name);
    }
    const Wish wish = wish_of(row[1], "");
    for (const RatedLora& one : fitting_loras(Lexicon::embedded(), wish, loras, ""))
      got.insert(loras[one.profile].name);
    ++of;
    if (want == got) ++right;
    const auto has = [](const std::set<std::string>& all) {
      return [&](const std::string& n) { return all.contains(n); };
    };
    if (!std::ranges::all_of(want, has(got))) ++missed;
    if (!std::ranges::all_of(got, has(want))) ++needless;
    if (wrong && want != got) {
      fmt::print("  LoRAs {} <- {} ; got", row[2], row[1]);
      for (const std::string& name : got) fmt::print(" {}", name);
      fmt::print("\n");
    }
  }
  fmt::print("{}: LoRAs proposed just right in {} of {} prompts; {} missed one, {} got a needless one\n", part, right,
             of, missed, needless);
}

void time_among_many(const json& list, const std::vector<Row>& rows) {
  constexpr std::size_t kMany = 1000;
  Models models;
  for (std::size_t i = 0; models.profiles.size() < kMany; ++i) {
    const json& one = list[i % list.size()];
    if (one["type"] == "checkpoint") add_model(models, one, fmt::format("{}-{}", one["name"].get<std::string>(), i));
  }
  std::vector<double> milliseconds;
  for (const Row& row : rows) {
    const auto begin = std::chrono::steady_clock::now();
    const Wish wish = wish_of(row.prompt, row.negative);
    const auto rated = rank(Lexicon::embedded(), wish, models.profiles, supports_of(models, wish));
    if (rated.size() != kMany) throw std::runtime_error("lost candidates");
    milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(milliseconds);
  fmt::print("a choice among {}: median {:.2f} ms, 99 % within {:.2f} ms, most {:.2f} ms\n", kMany,
             milliseconds[milliseconds.size() / 2], milliseconds[milliseconds.size() * 99 / 100], milliseconds.back());
}

int run(const std::vector<std::string>& arguments) {
  std::filesystem::path folder = PIXELFORGE_SOURCE_DIR "/bench/choose";
  std::vector<std::string> parts{"train", "test"};
  bool wrong = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--wrong") {
      wrong = true;
    } else if (arguments[i] == "--part" && i + 1 < arguments.size()) {
      parts = {arguments[++i]};
    } else {
      folder = arguments[i];
    }
  }
  const json list = json::parse(std::ifstream(folder / "profiles.json"))["profiles"];
  Models checkpoints, loras;
  for (const json& one : list) add_model(one["type"] == "lora" ? loras : checkpoints, one, one["name"]);
  std::vector<Row> rows;
  for (const auto& fields : table_of(folder / "prompts.tsv")) {
    Row row{fields.at(0), {fields.at(1)}, fields.at(3), fields.at(4)};
    for (const std::string& name : split(fields[2], '|')) {
      if (!name.empty()) row.right.push_back(name);
    }
    rows.push_back(std::move(row));
  }
  const auto lora_rows = table_of(folder / "loras.tsv");
  for (const std::string& part : parts) {
    judge(checkpoints, rows, part, wrong);
    judge_loras(loras.profiles, lora_rows, part, wrong);
  }
  if (!wrong) time_among_many(list, rows);
  return 0;
}

}  // namespace
}  // namespace pxf

int main(int count, char** arguments) {
  try {
    return pxf::run({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
