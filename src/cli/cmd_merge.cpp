#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/file_progress_line.h"
#include "cli/generate_options.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct MergeArguments {
  MergeOptions merge;
  std::string out;
  EngineOptions engine;
  bool json = false, quiet = false;
};

/// NAME or NAME:WEIGHT; what is no number is part of the name.
MergedModel parse_model(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon != std::string::npos) {
    const auto weight = parse_number<double>(std::string_view(text).substr(colon + 1));
    if (weight) return {text.substr(0, colon), *weight};
  }
  return {text};
}

Json merged_json(const MergeArguments& options, const Merged& done) {
  Json loras = Json::array();
  for (const Merged::Lora& lora : done.loras) {
    loras.push_back({{"name", lora.name}, {"applied", lora.applied}, {"total", lora.total}});
  }
  return {{"out", options.out},
          {"format", done.format},
          {"tensors", done.tensors},
          {"merged", done.merged},
          {"from_a", done.from_a},
          {"left_out", done.left_out},
          {"loras", loras},
          {"licence",
           {{"name", done.licence.name},
            {"commercial", to_string(done.licence.commercial)},
            {"reason", done.licence.reason}}},
          {"recipe", Json::parse(done.recipe)},
          {"bytes", done.bytes},
          {"read", done.read},
          {"seconds", done.seconds}};
}

void print_merged(const MergeArguments& options, const Merged& done) {
  fmt::print("{}   {}, {}\n", printable(options.out), done.format, bytes_text(done.bytes));
  fmt::print("  {} of {} tensors merged, the others are {}'s\n", done.merged, done.tensors,
             printable(options.merge.models[0].name));
  const Sheet sheet;
  if (!done.from_a.empty()) {
    fmt::print("  {} of those because another model lacks them:\n", done.from_a.size());
    sheet.tensors("", done.from_a);
  }
  if (done.left_out > 0) {
    fmt::print("  {} tensors left out that {} lacks\n", done.left_out, printable(options.merge.models[0].name));
  }
  for (const Merged::Lora& lora : done.loras) {
    fmt::print("  LoRA {}: {} of {} modules baked in\n", printable(lora.name), lora.applied, lora.total);
  }
  fmt::print("  commercial use: {} ({})\n", to_string(done.licence.commercial), printable(done.licence.reason));
  const double speed = done.seconds > 0 ? static_cast<double>(done.read) / done.seconds : 0;
  fmt::print("  took {} s, {}/s read\n", seconds_text(done.seconds), bytes_text(static_cast<std::uint64_t>(speed)));
}

Status merge(const MergeArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine(options.engine);
  FileProgressLine line("merging", !options.json && !options.quiet);
  const auto done = engine.merge(options.merge, options.out, line.callback(), &cancel);
  if (!done) return done.error();
  if (options.json) {
    print_json(merged_json(options, done.value()));
  } else if (!options.quiet) {
    print_merged(options, done.value());
  }
  return Done{};
}

void add_sources(CLI::App& app, MergeOptions& merge) {
  app.add_option_function<std::vector<std::string>>(
         "models",
         [&merge](const std::vector<std::string>& all) {
           for (const std::string& one : all) merge.models.push_back(parse_model(one));
         },
         "Model files or names, each with its weight (default: 1); the first is A")
      ->required()
      ->type_name("NAME|FILE[:WEIGHT]");
  app.add_option("--base", merge.base, "What the others were trained from (add-difference, ties, dare)")
      ->type_name("NAME|FILE");
  app.add_option_function<std::vector<std::string>>(
         "--lora",
         [&merge](const std::vector<std::string>& all) {
           for (const std::string& one : all) merge.loras.push_back(parse_lora(one));
         },
         "LoRA to bake in, with its strength (default: 1), that for the text encoder and lbw=; may be given several "
         "times")
      ->type_name("NAME|FILE[:X[:TEXT]][:lbw=X]")
      ->allow_extra_args(false);
  app.add_option("--vae", merge.vae, "File whose VAE to bake in")->type_name("NAME|FILE");
}

void add_arithmetic(CLI::App& app, MergeOptions& merge) {
  const std::map<std::string, MergeMethod> methods{{"weighted", MergeMethod::weighted},
                                                   {"add-difference", MergeMethod::add_difference},
                                                   {"slerp", MergeMethod::slerp},
                                                   {"ties", MergeMethod::ties},
                                                   {"dare", MergeMethod::dare}};
  add_choice(app, "--method", merge.method, methods, "How (default: weighted)");
  const auto number = [](const std::string& text) { return parse_number<double>(text); };
  add_value(app, "--density", merge.density, number, "a number above 0, at most 1",
            "Share of each difference that is kept (ties, dare; default: 0.5)")
      ->type_name("X");
  add_value(app, "--strength", merge.strength, number, "a number", "Of the merged difference (ties, dare; default: 1)")
      ->type_name("X");
  add_value(
      app, "--seed", merge.seed, [](const std::string& text) { return parse_number<std::uint64_t>(text); },
      "a whole number", "Which elements are kept (dare; default: 0)")
      ->type_name("N");
  app.add_option("--blocks", merge.blocks,
                 "Other numbers for blocks of the UNet: IN=0.3,M00=1,OUT05=0.2, or 26 (SDXL: 20) numbers from BASE to "
                 "OUT11")
      ->type_name("LIST");
  app.add_option("--only", merge.only, "unet, text or vae: the other parts stay A's")->type_name("PART");
}

}  // namespace

Verb add_merge(CLI::App& program) {
  const auto options = std::make_shared<MergeArguments>();
  CLI::App* app = program.add_subcommand("merge", "Make one checkpoint of several, or bake in LoRAs or a VAE");
  add_sources(*app, options->merge);
  app->add_option("-o,--out", options->out, "The file to write: .safetensors or .gguf")->required()->type_name("FILE");
  add_arithmetic(*app, options->merge);
  app->add_option("--type", options->merge.type, "Of its tensors, as convert has them (default: A's)")
      ->type_name("TYPE");
  app->add_option("--format", options->merge.format, "safetensors or gguf (default: by the ending)")->type_name("NAME");
  app->add_flag("--prune", options->merge.prune, "Leave out what pictures never need: optimizer states, EMA copies");
  add_threads(*app, options->engine.threads);
  app->add_flag("--json", options->json, "Print what was done as JSON");
  app->add_flag("-q,--quiet", options->quiet, "Print nothing");
  app->footer(
      "weighted: the mean, weights divided by their sum; add-difference: A + weight (B - base); slerp: of two, on the\n"
      "great circle; ties, dare: base + what of the differences does not contradict, or is left by chance.\n"
      "--blocks has the second model's share (weighted, slerp) or weight (add-difference), or the strength (ties, "
      "dare).\n\n"
      "Examples:\n"
      "  pixelforge merge dreamlike:0.6 anime:0.4 -o both.safetensors\n"
      "  pixelforge merge sd15-inpainting dreamlike --method add-difference --base sd15 -o "
      "dreamlike-inpainting.safetensors\n"
      "  pixelforge merge a:0.5 b:0.5 --blocks IN=0.2,M00=0.5,OUT=0.8 -o mbw.safetensors\n"
      "  pixelforge merge a b --method ties --base sd15 --density 0.3 -o ties.safetensors\n"
      "  pixelforge merge starter --lora neon:0.8 -o starter-neon.safetensors");
  return {app, [options] { return merge(*options); }};
}

}  // namespace pxf::cli
