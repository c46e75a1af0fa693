#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct ProbeArguments {
  std::string checkpoint, part, in, out;
  EngineOptions engine;
  bool json = false;
};

Status probe(const ProbeArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine(options.engine);
  const auto checkpoint = engine.open(options.checkpoint);
  if (!checkpoint) return checkpoint.error();
  const auto names = engine.probe(checkpoint.value(), options.part, options.in, options.out, &cancel);
  if (!names) return names.error();
  if (options.json) {
    print_json({{"part", options.part}, {"out", options.out}, {"tensors", names.value()}});
  } else {
    fmt::print("{}   {}\n", printable(options.out), fmt::join(names.value(), ", "));
  }
  return Done{};
}

}  // namespace

Verb add_probe(CLI::App& program) {
  const auto options = std::make_shared<ProbeArguments>();
  CLI::App* app = program.add_subcommand("probe", "Run one part of a checkpoint on tensors from a file");
  app->add_option("file", options->checkpoint, "A checkpoint file or name")->required();
  app->add_option("--part", options->part, "unet, text, text_2, vae.encode or vae.decode")
      ->required()
      ->type_name("PART");
  app->add_option("--in", options->in, "A safetensors file with the inputs")->required()->type_name("FILE");
  app->add_option("--out", options->out, "The safetensors file to write")->required()->type_name("FILE");
  app->add_option("--backend", options->engine.backend, "cpu (default) or reference: plain loops, slow")
      ->type_name("NAME");
  add_threads(*app, options->engine.threads);
  add_precision(*app, options->engine.precision);
  app->add_flag("--json", options->json, "Print the names written as JSON");
  app->footer(
      "To hold a conversion or a new family against a reference implementation. Inputs and outputs:\n"
      "  unet        sample (B, C, H, W), timestep (B), context (B, T, D), of SDXL y (B, V) -> prediction (B, C, H, "
      "W)\n"
      "  text        ids (B, 77) -> last, skip2 (B, 77, D), pooled (B, D)\n"
      "  vae.encode  image (B, 3, 8H, 8W) in -1 to 1 -> mean, logvar, std (B, C, H, W)\n"
      "  vae.decode  latent (B, C, H, W) -> image (B, 3, 8H, 8W)\n\n"
      "Examples:\n"
      "  pixelforge probe sd15.safetensors --part unet --in in.safetensors --out out.safetensors\n"
      "  pixelforge probe starter --part text --in ids.safetensors --out context.safetensors --backend reference");
  return {app, [options] { return probe(*options); }};
}

}  // namespace pxf::cli
