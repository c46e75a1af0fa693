#include <memory>
#include <string>

#include "cli/from_picture.h"
#include "cli/print_json.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "json/choice.h"
#include "json/json.h"
#include "pixelforge/engine.h"
#include "pixelforge/picture_file.h"

namespace pxf::cli {
namespace {

struct InspectArguments {
  std::string file;
  bool hash = false, json = false, metadata = false;
};

Status inspect(const InspectArguments& options) {
  if (format_of_name(options.file)) {
    const auto recipe = load_recipe(options.file);
    if (!recipe) return recipe.error();
    options.json ? print_json(to_json(recipe.value())) : print_recipe(recipe.value());
    return Done{};
  }
  Engine engine;
  const auto model = engine.inspect(options.file, options.hash);
  if (!model) return model.error();
  if (!options.json) {
    const Sheet sheet;
    print_sheet(sheet, model.value(), options.metadata);
    sheet.row("good for", good_for_text(good_for(model.value())));
    return Done{};
  }
  Json out = to_json(model.value());
  out["good_for"] = to_json(good_for(model.value()));
  print_json(out);
  return Done{};
}

}  // namespace

Verb add_inspect(CLI::App& program) {
  const auto options = std::make_shared<InspectArguments>();
  CLI::App* app =
      program.add_subcommand("inspect", "Say what a model file is, or what made a picture; reads its header only");
  app->add_option("file", options->file, "A model file, a name of list, or a picture")->required();
  app->add_flag("--hash,--hashes", options->hash,
                "Also compute its hashes, by which A1111, kohya and Civitai know it; reads the whole file");
  app->add_flag("--metadata", options->metadata, "Also print all of the file's metadata");
  app->add_flag("--json", options->json, "Print everything as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge inspect dreamlike.safetensors\n"
      "  pixelforge inspect starter --metadata\n"
      "  pixelforge inspect picture.png\n"
      "  pixelforge inspect dreamlike.safetensors --hash --json");
  return {app, [options] { return inspect(*options); }};
}

}  // namespace pxf::cli
