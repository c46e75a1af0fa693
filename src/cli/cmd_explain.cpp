#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct ExplainArguments {
  std::vector<std::string> words;
  bool json = false;
};

Json entry_json(const GlossaryEntry& entry) {
  return {{"term", entry.term}, {"aliases", entry.aliases}, {"text", entry.text}};
}

void print_entry(const GlossaryEntry& entry) {
  const int columns = std::clamp(window_of(stdout).columns, 40, 90);
  fmt::print("{}", entry.term);
  if (!entry.aliases.empty()) fmt::print(" (also: {})", fmt::join(entry.aliases, ", "));
  fmt::print("\n{}\n", wrapped(entry.text, columns, 0));
}

void print_terms() {
  for (const GlossaryEntry& entry : glossary()) fmt::print("{}\n", entry.term);
}

Status explain_terms(const ExplainArguments& options) {
  if (options.words.empty()) {
    if (!options.json) return print_terms(), Done{};
    Json entries = Json::array();
    for (const GlossaryEntry& entry : glossary()) entries.push_back(entry_json(entry));
    print_json({{"entries", entries}});
    return Done{};
  }
  const auto entry = explain(fmt::format("{}", fmt::join(options.words, " ")));
  if (!entry) return entry.error();
  options.json ? print_json(entry_json(*entry.value())) : print_entry(*entry.value());
  return Done{};
}

}  // namespace

Verb add_explain(CLI::App& program) {
  const auto options = std::make_shared<ExplainArguments>();
  CLI::App* app = program.add_subcommand("explain", "Explain a word of this field; without one, list all");
  app->add_option("term", options->words, "The word, such as CFG or \"negative prompt\"");
  app->add_flag("--json", options->json, "Print it as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge explain\n"
      "  pixelforge explain LoRA\n"
      "  pixelforge explain cfg scale");
  return {app, [options] { return explain_terms(*options); }};
}

}  // namespace pxf::cli
