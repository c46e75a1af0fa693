#include <fmt/format.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "json/library.h"
#include "pixelforge/library.h"

namespace pxf::cli {
namespace {

struct ListArguments {
  std::vector<std::string> files;
  std::string tag, kind;
  bool json = false;
};

/// Thousands of models have a handful of licences between them.
class Verdicts {
 public:
  const LicenceVerdict& of(const std::string& licence) {
    const auto known = known_.find(licence);
    return known != known_.end() ? known->second : known_.emplace(licence, judge_licence(licence)).first->second;
  }

 private:
  std::unordered_map<std::string, LicenceVerdict> known_;
};

std::vector<std::string> row(const std::string& name, const std::string& kind, const std::string& family,
                             std::uint64_t bytes, const LicenceVerdict& verdict) {
  return {printable(name),
          printable(kind),
          family.empty() ? "?" : printable(family),
          bytes_text(bytes),
          verdict.name.empty() ? "?" : printable(verdict.name),
          to_string(verdict.commercial)};
}

void print_table(const std::vector<ModelInfo>& models, const std::vector<LibraryEntry>& entries) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "KIND", "FAMILY", "SIZE", "LICENCE", "COMMERCIAL"}};
  Verdicts verdicts;
  for (const ModelInfo& m : models) rows.push_back(row(m.name, m.kind, m.title, m.bytes, verdicts.of(m.license)));
  for (const LibraryEntry& e : entries) rows.push_back(row(e.name, e.kind, e.title, e.bytes, verdicts.of(e.license)));
  fmt::print("{}", table(rows, rows[0].size()));
}

bool has_tag(const std::string& tags, const std::string& wanted) {
  const std::string all = ", " + tags + ", ";
  return all.find(", " + wanted + ", ") != std::string::npos;
}

template <class Model>
std::vector<Model> that_fit(std::vector<Model> models, const ListArguments& wish) {
  std::erase_if(models, [&](const Model& model) {
    return (!wish.tag.empty() && !has_tag(model.tags, wish.tag)) || (!wish.kind.empty() && model.kind != wish.kind);
  });
  return models;
}

/// A file that cannot be read ends it: a list with a silent gap would mislead.
Status list(const ListArguments& options) {
  Engine engine;
  std::vector<ModelInfo> models = engine.list();
  for (ModelInfo& lora : engine.list_loras()) models.push_back(std::move(lora));
  for (const std::string& file : options.files) {
    auto model = engine.inspect(file);
    if (!model) return std::move(model).error();
    models.push_back(std::move(model).value());
  }
  auto library = Library(engine).list();
  if (!library) return std::move(library).error();
  models = that_fit(std::move(models), options);
  const std::vector<LibraryEntry> entries = that_fit(std::move(library).value(), options);
  if (options.json) {
    Json all = Json::array();
    for (const ModelInfo& model : models) all.push_back(to_json(model));
    Verdicts verdicts;
    for (const LibraryEntry& entry : entries) all.push_back(to_json(entry, verdicts.of(entry.license)));
    print_json({{"models", all}});
  } else {
    print_table(models, entries);
  }
  return Done{};
}

}  // namespace

Verb add_list(CLI::App& program) {
  const auto options = std::make_shared<ListArguments>();
  CLI::App* app = program.add_subcommand("list", "List the models there are: embedded, of the library, files given");
  app->add_option("files", options->files, "Model files to list too");
  app->add_option("--tag", options->tag, "Only those with this tag")->type_name("TAG");
  app->add_option("--kind", options->kind, "Only those of this kind: checkpoint, LoRA, VAE ...")->type_name("KIND");
  app->add_flag("--json", options->json, "Print everything as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge list\n"
      "  pixelforge list --kind LoRA --tag anime\n"
      "  pixelforge list models/*.safetensors --json");
  return {app, [options] { return list(*options); }};
}

}  // namespace pxf::cli
