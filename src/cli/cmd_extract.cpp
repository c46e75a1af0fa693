#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/file_progress_line.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct ExtractArguments {
  std::string a, b, out;
  ExtractOptions extract;
  EngineOptions engine;
  bool json = false, quiet = false;
};

Json extracted_json(const ExtractArguments& options, const Extracted& done) {
  return {{"out", options.out},
          {"modules", done.modules},
          {"unchanged", done.unchanged},
          {"ranks", done.ranks},
          {"kept", done.kept},
          {"left_out", done.left_out},
          {"licence",
           {{"name", done.licence.name},
            {"commercial", to_string(done.licence.commercial)},
            {"reason", done.licence.reason}}},
          {"bytes", done.bytes},
          {"read", done.read},
          {"seconds", done.seconds}};
}

std::string ranks_text(const std::vector<int>& ranks) {
  if (ranks.empty()) return "no modules";
  if (ranks.size() == 1) return fmt::format("rank {}", ranks[0]);
  return fmt::format("ranks {} to {}", ranks.front(), ranks.back());
}

void print_extracted(const ExtractArguments& options, const Extracted& done) {
  fmt::print("{}   LoRA, {}\n", printable(options.out), bytes_text(done.bytes));
  fmt::print("  {} modules of {}, {} are the same in both\n", done.modules, ranks_text(done.ranks), done.unchanged);
  fmt::print("  keeps {:.2f} % of their squared change\n", 100 * done.kept);
  if (!done.left_out.empty()) {
    fmt::print("  {} changed tensors left out{}:\n", done.left_out.size(),
               options.extract.full ? "" : " (--full takes norms and biases)");
    Sheet().tensors("", done.left_out);
  }
  fmt::print("  commercial use: {} ({})\n", to_string(done.licence.commercial), printable(done.licence.reason));
  fmt::print("  took {} s\n", seconds_text(done.seconds));
}

Status extract(const ExtractArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine(options.engine);
  const Result<Extracted> done = [&] {
    FileProgressLine line("extracting", !options.json && !options.quiet);
    return engine.extract(options.a, options.b, options.out, options.extract, line.callback(), &cancel);
  }();
  if (!done) return done.error();
  if (options.json) {
    print_json(extracted_json(options, done.value()));
  } else if (!options.quiet) {
    print_extracted(options, done.value());
  }
  return Done{};
}

}  // namespace

Verb add_extract(CLI::App& program) {
  const auto options = std::make_shared<ExtractArguments>();
  CLI::App* app = program.add_subcommand("extract", "Write the LoRA that turns one checkpoint into another");
  app->add_option("a", options->a, "The checkpoint to begin with: a file or a name")->required();
  app->add_option("b", options->b, "What it is to become")->required();
  app->add_option("-o,--out", options->out, "The LoRA to write: .safetensors")->required()->type_name("FILE");
  ExtractOptions& extract_options = options->extract;
  add_whole(*app, "--rank", extract_options.rank, "Of each module's change, at most (default: 32)");
  add_whole(*app, "--conv-rank", extract_options.conv_rank,
            "Of kernels larger than 1x1; 0 leaves them out (default: as --rank)");
  add_value(
      *app, "--energy", extract_options.energy, [](const std::string& text) { return parse_number<double>(text); },
      "a share such as 0.99", "Choose each rank so that this share of the squared singular values is kept")
      ->type_name("X");
  app->add_flag("--full", extract_options.full, "Also the changes of norms and biases, whole");
  app->add_option("--type", extract_options.type, "f16, bf16 or f32 (default: f16)")->type_name("TYPE");
  add_threads(*app, options->engine.threads);
  app->add_flag("--json", options->json, "Print what was done as JSON");
  app->add_flag("-q,--quiet", options->quiet, "Print nothing");
  app->footer(
      "The names are kohya's, so that A1111, ComfyUI and diffusers read it too. A LoRA says nothing of the VAE.\n\n"
      "Examples:\n"
      "  pixelforge extract sd15 dreamlike -o dreamlike-lora.safetensors --rank 64\n"
      "  pixelforge extract sd15 dreamlike -o dreamlike-lora.safetensors --energy 0.9 --rank 128 --conv-rank 0");
  return {app, [options] { return extract(*options); }};
}

}  // namespace pxf::cli
