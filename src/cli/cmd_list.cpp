#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/plain_text.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct ListArguments {
  std::vector<std::string> files;
  bool json = false;
};

void print_table(const std::vector<ModelInfo>& models) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "KIND", "FAMILY", "SIZE", "LICENCE"}};
  for (const ModelInfo& model : models) {
    rows.push_back({printable(model.name), printable(model.kind), model.title.empty() ? "?" : printable(model.title),
                    bytes_text(model.bytes), model.license.empty() ? "?" : printable(model.license)});
  }
  fmt::print("{}", table(rows, rows[0].size()));
}

/// A file that cannot be read ends it: a list with a silent gap would mislead.
Status list(const ListArguments& options) {
  Engine engine;
  std::vector<ModelInfo> models = engine.list();
  for (const std::string& file : options.files) {
    auto model = engine.inspect(file);
    if (!model) return std::move(model).error();
    models.push_back(std::move(model).value());
  }
  if (options.json) {
    Json all = Json::array();
    for (const ModelInfo& model : models) all.push_back(to_json(model));
    print_json({{"models", all}});
  } else {
    print_table(models);
  }
  return Done{};
}

}  // namespace

Verb add_list(CLI::App& program) {
  const auto options = std::make_shared<ListArguments>();
  CLI::App* app = program.add_subcommand("list", "List the embedded checkpoints and the files given");
  app->add_option("files", options->files, "Model files to list too");
  app->add_flag("--json", options->json, "Print everything as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge list\n"
      "  pixelforge list models/*.safetensors --json");
  return {app, [options] { return list(*options); }};
}

}  // namespace pxf::cli
