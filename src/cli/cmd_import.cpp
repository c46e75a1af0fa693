#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/file_counter.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "json/library.h"
#include "pixelforge/folder_watch.h"
#include "pixelforge/library.h"

namespace pxf::cli {
namespace {

struct ImportArguments {
  std::vector<std::string> paths;
  std::string name;
  bool link = false, copy = false, move = false, json = false;
};

struct FolderArguments {
  std::vector<std::string> paths;
  bool watch = false, json = false;
};

Json folder_json(const FolderReport& report) {
  return {{"folder", report.folder},           {"added", report.added}, {"updated", report.updated},
          {"unchanged", report.unchanged},     {"moved", report.moved}, {"gone", report.gone},
          {"skipped", to_json(report.skipped)}};
}

std::string counts(const FolderReport& report) {
  std::string out = fmt::format("{} added, {} updated, {} unchanged, {} skipped", report.added, report.updated,
                                report.unchanged, report.skipped.size());
  if (report.moved > 0) out += fmt::format(", {} moved", report.moved);
  if (report.gone > 0) out += fmt::format(", {} gone (pixelforge gc --missing drops them)", report.gone);
  return out;
}

void print(const FolderReport& report) {
  for (const Error& error : report.skipped) fmt::print("skipped {}\n", printable(error.text()));
  fmt::print("{}: {}\n", printable(report.folder), counts(report));
}

void print(const Imported& imported) {
  const LibraryEntry& e = imported.entry;
  fmt::print("{}   {}{}, {}{}\n", printable(e.name), printable(e.kind),
             e.title.empty() ? "" : ", " + printable(e.title), bytes_text(e.bytes),
             imported.is_new ? "" : " (it was there already)");
}

/// Folders of models are linked file by file; a diffusers folder is one model.
bool is_folder_of_models(const std::string& path) {
  std::error_code failed;
  return std::filesystem::is_directory(path, failed) &&
         !std::filesystem::exists(std::filesystem::path(path) / "model_index.json", failed);
}

Status check(const ImportArguments& options) {
  if (options.link + options.copy + options.move > 1) {
    return Error{ErrorCode::invalid_argument, "got more than one of --link, --copy and --move, need one at most", {}};
  }
  if (!options.name.empty() && options.paths.size() > 1) {
    return Error{ErrorCode::invalid_argument, "--name: got several files, need one", {}};
  }
  for (const std::string& path : options.paths) {
    if (is_folder_of_models(path) && (options.copy || options.move || !options.name.empty())) {
      return Error{ErrorCode::invalid_argument,
                   "is a folder, need a file; name the files, or leave --copy, --move and --name out", path};
    }
  }
  return Done{};
}

ImportOptions how(const ImportArguments& options, const std::string& path) {
  if (options.copy) return {ImportMode::copy, options.name};
  if (options.move) return {ImportMode::move, options.name};
  const bool many_files = std::filesystem::is_directory(path) || path.ends_with(".index.json");
  return {options.link || many_files ? ImportMode::link : ImportMode::copy, options.name};
}

Status import(const ImportArguments& options) {
  if (Status fits = check(options); !fits) return fits;
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine;
  Library library(engine);
  Json models = Json::array(), folders = Json::array();
  for (const std::string& path : options.paths) {
    if (is_folder_of_models(path)) {
      const auto report = library.add_folder(path, file_counter(options.json), &cancel);
      if (!report) return report.error();
      options.json ? folders.push_back(folder_json(report.value())) : print(report.value());
      continue;
    }
    const auto imported = library.add(path, how(options, path), &cancel);
    if (!imported) return imported.error();
    if (!options.json) print(imported.value());
    models.push_back(to_json(imported.value().entry));
    models.back()["is_new"] = imported.value().is_new;
  }
  if (options.json) print_json({{"models", models}, {"folders", folders}});
  return Done{};
}

/// Each line is whole as soon as it is written: others read along.
void print_line(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stdout);
}

void print(const FolderChange& change, bool json) {
  if (json) {
    Json line = {{"event", to_string(change.kind)}, {"name", change.name}, {"path", change.path}};
    if (!change.because.empty()) line["because"] = change.because;
    return print_line(line);
  }
  const std::string what = change.name.empty() ? change.path : fmt::format("{} ({})", change.name, change.path);
  fmt::print("{} {}{}{}\n", to_string(change.kind), printable(what), change.because.empty() ? "" : ": ",
             printable(change.because));
  std::fflush(stdout);
}

void print(const WatchStart& start, bool json) {
  if (json) {
    Json line = folder_json(start.found);
    line.erase("folder");
    line["event"] = "watching";
    line["folders"] = start.folders;
    line["polls_because"] = start.polls_because;
    return print_line(line);
  }
  fmt::print("watching {} folders: {}; Ctrl-C ends it\n", start.folders, counts(start.found));
  if (!start.polls_because.empty()) {
    fmt::print("looking at all of them every 30 seconds: {}\n", printable(start.polls_because));
  }
  std::fflush(stdout);
}

Status watch(Engine& engine, const std::vector<std::string>& paths, bool json) {
  FolderWatch watch(engine, {paths.begin(), paths.end()});
  return watch.run([json](const WatchStart& start) { print(start, json); },
                   [json](const FolderChange& change) { print(change, json); }, cancel_on_interrupt());
}

Status add_folders(FolderArguments options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine;
  Library library(engine);
  if (options.paths.empty()) {
    auto folders = library.folders();
    if (!folders) return std::move(folders).error();
    options.paths = std::move(folders).value();
    if (options.paths.empty()) {
      return Error{ErrorCode::invalid_argument, "paths: got none, and no folder was added before; name one", {}};
    }
  }
  if (options.watch) return watch(engine, options.paths, options.json);
  Json folders = Json::array();
  for (const std::string& path : options.paths) {
    const auto report = library.add_folder(path, file_counter(options.json), &cancel);
    if (!report) return report.error();
    options.json ? folders.push_back(folder_json(report.value())) : print(report.value());
  }
  if (options.json) print_json({{"folders", folders}});
  return Done{};
}

}  // namespace

Verb add_import(CLI::App& program) {
  const auto options = std::make_shared<ImportArguments>();
  CLI::App* app = program.add_subcommand("import", "Take model files, or folders of them, into the library");
  app->add_option("paths", options->paths, "Files or folders")->required();
  app->add_flag("--link", options->link, "Leave it where it is and use it there (the default for a folder)");
  app->add_flag("--copy", options->copy, "Keep a copy in the library (the default for a file)");
  app->add_flag("--move", options->move, "Keep it in the library and remove it where it is");
  app->add_option("--name", options->name, "Its name (default: the file's)")->type_name("NAME");
  app->add_flag("--json", options->json, "Print what was done as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge import dreamlike.safetensors\n"
      "  pixelforge import --link ~/models/dreamlike.safetensors --name dream\n"
      "  pixelforge import ~/stable-diffusion-webui/models");
  return {app, [options] { return import(*options); }};
}

Verb add_add_folder(CLI::App& program) {
  const auto options = std::make_shared<FolderArguments>();
  CLI::App* app =
      program.add_subcommand("add-folder", "Link every model of a folder; again: what has changed there since");
  app->add_option("paths", options->paths,
                  "Folders, such as those of A1111 or ComfyUI, or an extra_model_paths.yaml (default: those that were "
                  "added before)");
  app->add_flag("--watch", options->watch,
                "Stay, and take in what comes, changes, moves and goes; computes hashes beside");
  app->add_flag("--json", options->json, "Print what was done as JSON; with --watch a line for each change");
  app->footer(
      "Nothing is copied, moved or changed in the folder.\n\n"
      "Examples:\n"
      "  pixelforge add-folder ~/stable-diffusion-webui\n"
      "  pixelforge add-folder ~/ComfyUI/extra_model_paths.yaml\n"
      "  pixelforge add-folder ~/ComfyUI/models --watch --json");
  return {app, [options] { return add_folders(*options); }};
}

}  // namespace pxf::cli
