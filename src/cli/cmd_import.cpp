#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/interrupt.h"
#include "cli/library_json.h"
#include "cli/plain_text.h"
#include "cli/verbs.h"
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
  bool json = false;
};

/// On a terminal alone, one line that is written over.
OnFile progress(bool json) {
  if (json || ::isatty(STDERR_FILENO) == 0) return {};
  return [](const std::string& path, std::size_t done, std::size_t of) {
    const std::string name = printable(std::filesystem::path(path).filename().string());
    std::fputs(fmt::format("\r\x1b[K{}/{} {}", done + 1, of, name.substr(0, 60)).c_str(), stderr);
    if (done + 1 == of) std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
  };
}

Json folder_json(const FolderReport& report) {
  return {{"folder", report.folder},
          {"added", report.added},
          {"updated", report.updated},
          {"unchanged", report.unchanged},
          {"skipped", to_json(report.skipped)}};
}

void print(const FolderReport& report) {
  for (const Error& error : report.skipped) fmt::print("skipped {}\n", printable(error.text()));
  fmt::print("{}: {} added, {} updated, {} unchanged, {} skipped\n", printable(report.folder), report.added,
             report.updated, report.unchanged, report.skipped.size());
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
      const auto report = library.add_folder(path, progress(options.json), &cancel);
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

Status add_folders(const FolderArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine;
  Library library(engine);
  Json folders = Json::array();
  for (const std::string& path : options.paths) {
    const auto report = library.add_folder(path, progress(options.json), &cancel);
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
  app->add_option("paths", options->paths, "Folders, such as those of A1111 or ComfyUI")->required();
  app->add_flag("--json", options->json, "Print what was done as JSON");
  app->footer(
      "Nothing is copied, moved or changed in the folder.\n\n"
      "Examples:\n"
      "  pixelforge add-folder ~/stable-diffusion-webui\n"
      "  pixelforge add-folder ~/ComfyUI/models --json");
  return {app, [options] { return add_folders(*options); }};
}

}  // namespace pxf::cli
