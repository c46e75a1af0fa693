// How often the choosing picks what a person would: bench_choose [FOLDER] [--part train|test] [--wrong].
// FOLDER has the files of bench/choose. Prints top-1 and top-2 beside those of a plain keyword match and of chance, the
// same of the LoRAs, and how long a choice takes among 1,000 checkpoints.
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <set>

#include "choosing/labelled_set.h"

namespace pxf::test {
namespace {

void print(const std::string& what, const Hits& hits) {
  fmt::print("{:<28} top-1 {:5.1f} %   top-2 {:5.1f} %   of {}\n", what, hits.top1_percent(), hits.top2_percent(),
             hits.of);
}

void print_wrong(const LabelledPrompt& row, const Models& models, const std::vector<Rated>& rated) {
  fmt::print("  {} <- {} {}\n", row.right[0], row.prompt, row.negative.empty() ? "" : "[neg] " + row.negative);
  for (std::size_t i = 0; i < 2; ++i) {
    const Rated& r = rated[i];
    fmt::print("      {:<14} {:.2f} = intent {:.2f} general {:.2f} words {:.2f}: {}\n", models.profiles[r.profile].name,
               r.score, r.intent, r.general, r.words, r.why);
  }
}

void judge(const Models& models, const std::vector<LabelledPrompt>& rows, const std::string& part, bool wrong) {
  Hits ours, words;
  std::map<std::string, Hits> by_name;
  for (const LabelledPrompt& row : rows) {
    if (row.part != part) continue;
    const std::vector<Support> supports = supports_of(models, wish_of(row.prompt, row.negative));
    const std::vector<Rated> candidates = rated(models, row);
    const std::vector<std::string> names = names_of(models, candidates);
    std::vector<std::string> by_words;
    std::vector<std::size_t> order(models.profiles.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return supports[i].words; });
    for (const std::size_t i : order) by_words.push_back(models.profiles[i].name);
    ours.add(row.right, names);
    by_name[row.right[0]].add(row.right, names);
    words.add(row.right, by_words);
    if (wrong && std::ranges::find(row.right, names[0]) == row.right.end()) print_wrong(row, models, candidates);
  }
  print(part + ": this choosing", ours);
  print(part + ": keyword match (BM25)", words);
  const double chance = 100.0 / static_cast<double>(models.profiles.size());
  fmt::print("{:<28} top-1 {:5.1f} %   top-2 {:5.1f} %\n", part + ": chance", chance, 2 * chance);
  for (const auto& [name, count] : by_name) print("    " + name, count);
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

void time_among_many(const json& list, const std::vector<LabelledPrompt>& rows) {
  constexpr std::size_t kMany = 1000;
  Models models;
  for (std::size_t i = 0; models.profiles.size() < kMany; ++i) {
    const json& one = list[i % list.size()];
    if (one["type"] == "checkpoint") add_model(models, one, fmt::format("{}-{}", one["name"].get<std::string>(), i));
  }
  std::vector<double> milliseconds;
  for (const LabelledPrompt& row : rows) {
    const auto begin = std::chrono::steady_clock::now();
    if (rated(models, row).size() != kMany) throw std::runtime_error("lost candidates");
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
  const LabelledModels models = labelled_models(folder);
  const std::vector<LabelledPrompt> rows = labelled_prompts(folder);
  const auto lora_rows = table_of(folder / "loras.tsv");
  for (const std::string& part : parts) {
    judge(models.checkpoints, rows, part, wrong);
    judge_loras(models.loras.profiles, lora_rows, part, wrong);
  }
  if (!wrong) time_among_many(json::parse(std::ifstream(folder / "profiles.json")).at("profiles"), rows);
  return 0;
}

}  // namespace
}  // namespace pxf::test

int main(int count, char** arguments) {
  try {
    return pxf::test::run({arguments + 1, arguments + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
