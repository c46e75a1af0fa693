// The small verbs of the library: show, rm, rename, tag, set.
#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "json/library.h"
#include "pixelforge/library.h"

namespace pxf::cli {
namespace {

struct Arguments {
  std::string name, to;
  std::vector<std::string> words;
  bool json = false, metadata = false;
};

void print(const LibraryModel& model, bool metadata) {
  const Sheet sheet;
  print_sheet(sheet, model.info, metadata);
  const LibraryEntry& entry = model.entry;
  if (!model.info.lora) sheet.row("trigger words", entry.trigger_words);  // else the sheet has them
  sheet.row("good for", good_for_text(good_for(model)));
  sheet.row("source", entry.source);
  sheet.row("preview", entry.preview);
  sheet.row("lies at", entry.path + (model.missing ? " (gone: put it back, or drop the name with rm)" : ""));
  sheet.row("kept", entry.path.empty() ? "in the program" : entry.linked ? "where it lies" : "in the library");
  for (const auto& [key, value] : model.set) sheet.row("set by you", fmt::format("{} = {}", key, value));
}

Status show(const Arguments& options) {
  Engine engine;
  const auto model = Library(engine).show(options.name);
  if (!model) return model.error();
  options.json ? print_json(to_json(model.value())) : print(model.value(), options.metadata);
  return Done{};
}

Status remove(const Arguments& options) {
  Engine engine;
  Library library(engine);
  Json gone = Json::array();
  for (const std::string& name : options.words) {
    const auto bytes = library.remove(name);
    if (!bytes) return bytes.error();
    gone.push_back({{"name", name}, {"bytes_freed", bytes.value()}});
    if (!options.json) {
      fmt::print("{} is gone from the library{}\n", printable(name),
                 bytes.value() > 0 ? fmt::format(", {} are free", bytes_text(bytes.value())) : "");
    }
  }
  if (options.json) print_json({{"removed", gone}});
  return Done{};
}

Status rename(const Arguments& options) {
  Engine engine;
  Status done = Library(engine).rename(options.name, options.to);
  if (!done) return done;
  if (options.json) print_json({{"name", options.to}});
  return Done{};
}

Status tag(const Arguments& options) {
  std::vector<std::string> add, take_away;
  for (const std::string& word : options.words) {
    const bool sign = word.starts_with('+') || word.starts_with('~');
    (word.starts_with('~') ? take_away : add).push_back(word.substr(sign ? 1 : 0));
  }
  Engine engine;
  const auto tags = Library(engine).tag(options.name, add, take_away);
  if (!tags) return tags.error();
  options.json ? print_json({{"name", options.name}, {"tags", tags.value()}})
               : fmt::print("{}\n", printable(tags.value()));
  return Done{};
}

Status set(const Arguments& options) {
  Engine engine;
  Library library(engine);
  std::map<std::string, std::string> values;
  for (const std::string& word : options.words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("got \"{}\", need key=value, such as steps=30; see pixelforge set --help", word),
                   {}};
    }
    values[word.substr(0, equals)] = word.substr(equals + 1);
  }
  if (Status done = library.set(options.name, values); !done) return done;
  if (!options.json) return Done{};
  const auto model = library.show(options.name);
  if (!model) return model.error();
  print_json({{"name", model.value().entry.name}, {"set", model.value().set}});
  return Done{};
}

using Shared = std::shared_ptr<Arguments>;

CLI::App* add(CLI::App& program, const char* verb, const char* help, const Shared& options, const char* examples) {
  CLI::App* app = program.add_subcommand(verb, help);
  app->add_flag("--json", options->json, "Print it as JSON");
  app->footer(examples);
  return app;
}

void add_name(CLI::App* app, const Shared& options) {
  app->add_option("name", options->name, "A name of list")->required();
}

}  // namespace

Verb add_show(CLI::App& program) {
  const auto options = std::make_shared<Arguments>();
  CLI::App* app = add(program, "show", "Say what the library knows of a model", options,
                      "Examples:\n  pixelforge show dreamlike\n  pixelforge show dreamlike --json");
  add_name(app, options);
  app->add_flag("--metadata", options->metadata, "Also print all of the file's metadata");
  return {app, [options] { return show(*options); }};
}

Verb add_rm(CLI::App& program) {
  const auto options = std::make_shared<Arguments>();
  CLI::App* app = add(program, "rm", "Drop names; files that the library keeps go, linked ones stay", options,
                      "Examples:\n  pixelforge rm dreamlike\n  pixelforge rm old-one old-two --json");
  app->add_option("names", options->words, "Names of the library")->required();
  return {app, [options] { return remove(*options); }};
}

Verb add_rename(CLI::App& program) {
  const auto options = std::make_shared<Arguments>();
  CLI::App* app = add(program, "rename", "Give a model of the library another name", options,
                      "Examples:\n  pixelforge rename dreamlike-photoreal-2.0 dream");
  add_name(app, options);
  app->add_option("to", options->to, "Its new name")->required();
  return {app, [options] { return rename(*options); }};
}

Verb add_tag(CLI::App& program) {
  const auto options = std::make_shared<Arguments>();
  CLI::App* app = add(program, "tag", "Add tags to a model, or take them away", options,
                      "Examples:\n  pixelforge tag dreamlike portrait photo\n  pixelforge tag dreamlike ~photo +night\n"
                      "  pixelforge list --tag portrait");
  add_name(app, options);
  app->add_option("tags", options->words, "TAG or +TAG adds one, ~TAG takes it away; none: show them");
  return {app, [options] { return tag(*options); }};
}

Verb add_set(CLI::App& program) {
  const auto options = std::make_shared<Arguments>();
  CLI::App* app = add(
      program, "set", "Say what a model's file does not, and how to draw with it", options,
      "Keys: sampler, scheduler, steps, cfg, size, clip_skip, vae, negative, shortcuts (what a request gets that says\n"
      "nothing);\n"
      "strength (the same, of a LoRA);\n"
      "license, author, tags, trigger_words, source, about; good_for (what it shall be chosen for: \"pixel art, "
      "logos\");\n"
      "what the model is run as, where its file does not say: family (sd1, sdxl ...), prediction (eps, v; of\n"
      "SDXL edm), zero_terminal_snr (true or false). KEY= goes back to what the file says.\n\n"
      "Examples:\n"
      "  pixelforge set dreamlike steps=30 cfg=6 sampler=dpmpp_2m scheduler=karras size=512x768\n"
      "  pixelforge set anime clip_skip=2 vae=anime-vae negative=\"lowres, text\"\n"
      "  pixelforge set dreamlike shortcuts=deep:3\n"
      "  pixelforge set dreamlike license=creativeml-openrail-m good_for=\"portraits, photos\"\n"
      "  pixelforge set starter cfg=3\n"
      "  pixelforge set neon strength=0.8\n"
      "  pixelforge set noob-vpred prediction=v zero_terminal_snr=true\n"
      "  pixelforge set dreamlike steps=");
  add_name(app, options);
  app->add_option("pairs", options->words, "key=value")->required();
  return {app, [options] { return set(*options); }};
}

}  // namespace pxf::cli
