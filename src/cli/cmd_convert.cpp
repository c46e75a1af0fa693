#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/file_progress_line.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "json/json.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct ConvertArguments {
  std::string in, out;
  ConvertOptions convert;
  EngineOptions engine;
  bool json = false, quiet = false;
};

Json converted_json(const ConvertArguments& options, const Converted& done) {
  return {{"out", options.out},
          {"format", done.format},
          {"type", done.type},
          {"tensors", done.tensors},
          {"converted", done.converted},
          {"kept", done.kept},
          {"pruned", done.pruned},
          {"pruned_bytes", done.pruned_bytes},
          {"bytes_before", done.bytes_before},
          {"bytes_after", done.bytes_after},
          {"seconds", done.seconds}};
}

void print_converted(const ConvertArguments& options, const Converted& done) {
  fmt::print("{}   {}, {} (was {})\n", printable(options.out), done.format, bytes_text(done.bytes_after),
             bytes_text(done.bytes_before));
  if (!done.type.empty()) {
    fmt::print("  {} of {} tensors are {} now\n", done.converted, done.tensors, done.type);
    if (done.kept > 0) {
      fmt::print(
          "  {} stay f16, bf16 or f32: norms, biases, embeddings, first and last layers, the VAE, rows that fill no "
          "blocks\n",
          done.kept);
    }
  }
  if (options.convert.prune) {
    fmt::print("  {} tensors left out that pictures never need, {}\n", done.pruned, bytes_text(done.pruned_bytes));
  }
  const double speed = done.seconds > 0 ? static_cast<double>(done.bytes_before) / done.seconds : 0;
  fmt::print("  took {} s, {}/s\n", seconds_text(done.seconds), bytes_text(static_cast<std::uint64_t>(speed)));
}

Status convert(const ConvertArguments& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine(options.engine);
  FileProgressLine line("converting", !options.json && !options.quiet);
  const auto done = engine.convert(options.in, options.out, options.convert, line.callback(), &cancel);
  if (!done) return done.error();
  if (options.json) {
    print_json(converted_json(options, done.value()));
  } else if (!options.quiet) {
    print_converted(options, done.value());
  }
  return Done{};
}

}  // namespace

Verb add_convert(CLI::App& program) {
  const auto options = std::make_shared<ConvertArguments>();
  CLI::App* app = program.add_subcommand("convert", "Write a model file in another format or type");
  app->add_option("in", options->in, "A model file, or the name of an embedded checkpoint")->required();
  app->add_option("out", options->out, "The file to write: .safetensors or .gguf; or a folder")->required();
  app->add_option("--type", options->convert.type,
                  "f32, f16, bf16; f8_e4m3, f8_e5m2 (safetensors); q8_0, q6_k, q5_k, q5_1, q5_0, q4_k, q4_1, q4_0, "
                  "q3_k, q2_k (GGUF). Default: types stay")
      ->type_name("TYPE");
  app->add_option("--format", options->convert.format,
                  "safetensors or gguf (default: by the ending); diffusers: a folder for diffusers")
      ->type_name("NAME");
  app->add_flag("--prune", options->convert.prune, "Leave out what pictures never need: optimizer states, EMA copies");
  add_threads(*app, options->engine.threads);
  app->add_flag("--json", options->json, "Print what was done as JSON");
  app->add_flag("-q,--quiet", options->quiet, "Print nothing");
  app->footer(
      "f32, f16 and bf16 apply to every float tensor. The others apply to large matrices only: norms, biases,\n"
      "embeddings, first and last layers, the VAE and rows that are no whole blocks stay f16 or f32. Metadata stay.\n\n"
      "Examples:\n"
      "  pixelforge convert dreamlike.ckpt dreamlike.safetensors --type f16 --prune\n"
      "  pixelforge convert dreamlike.safetensors dreamlike-q8_0.gguf --type q8_0\n"
      "  pixelforge convert dreamlike dreamlike-folder --format diffusers\n"
      "  pixelforge convert flux.gguf flux.safetensors --type bf16");
  return {app, [options] { return convert(*options); }};
}

}  // namespace pxf::cli
