#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/progress_bar.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "json/library.h"
#include "pixelforge/pull.h"

namespace pxf::cli {
namespace {

struct PullArguments {
  std::string source;
  PullOptions options;
  bool json = false;
};

/// "████░░░░ 1.20 GB of 6.46 GB · 45.0 MB/s · 1:58".
std::string fetching_line(const PullProgress& p) {
  std::string line = fmt::format("{} {} of {}", bar_text(static_cast<double>(p.done) / static_cast<double>(p.of)),
                                 bytes_text(p.done), bytes_text(p.of));
  if (p.bytes_per_second <= 0) return line;
  line += fmt::format(" · {}/s", bytes_text(static_cast<std::uint64_t>(p.bytes_per_second)));
  return line + time_left_text(static_cast<double>(p.of - p.done) / p.bytes_per_second);
}

std::string line_of(const PullProgress& p) {
  switch (p.stage) {
    case PullStage::looking_up: return "asking what is there";
    case PullStage::waiting: return "another process pulls it already; waiting for it";
    case PullStage::checking: return "checking its sha256";
    case PullStage::fetching: break;
  }
  return fetching_line(p);
}

void print(const Pulled& pulled) {
  const LibraryEntry& e = pulled.entry;
  fmt::print("{}   {}{}, {}{}\n", printable(e.name), printable(e.kind),
             e.title.empty() ? "" : ", " + printable(e.title), bytes_text(e.bytes),
             pulled.is_new ? "" : " (it was there already)");
  fmt::print("commercial use: {}\n", printable(commercial_text(judge_licence(e.license))));
  if (!e.trigger_words.empty()) fmt::print("trigger words: {}\n", printable(e.trigger_words));
  fmt::print("sha256 {}{}\n", e.sha256,
             pulled.is_verified ? ", as it should be" : "; nothing was there to hold it against");
}

Status pull(const PullArguments& arguments) {
  const CancelToken& cancel = cancel_on_interrupt();
  Engine engine;
  Library library(engine);
  ProgressBar bar(!arguments.json);
  const auto pulled = library.pull(
      arguments.source, arguments.options, [&](const PullProgress& progress) { bar.show(line_of(progress)); }, &cancel);
  bar.erase();
  if (!pulled) return pulled.error();
  if (!arguments.json) {
    print(pulled.value());
    return Done{};
  }
  Json out = to_json(pulled.value().entry);
  out["is_new"] = pulled.value().is_new;
  out["is_verified"] = pulled.value().is_verified;
  out["bytes_fetched"] = pulled.value().fetched;
  out["bytes_resumed"] = pulled.value().resumed;
  print_json(out);
  return Done{};
}

}  // namespace

Verb add_pull(CLI::App& program) {
  const auto arguments = std::make_shared<PullArguments>();
  PullOptions& options = arguments->options;
  CLI::App* app = program.add_subcommand("pull", "Fetch a model from the network into the library");
  app->add_option("source", arguments->source, "https://..., hf:ORG/REPO[:FILE], civitai:VERSION, or their pages")
      ->required();
  app->add_option("--name", options.name, "Its name (default: the file's)")->type_name("NAME");
  app->add_option("--sha256", options.sha256, "Take it only if it has this sha256")->type_name("HEX");
  app->add_option("--connections", options.connections, "At once, 1 to 16 (default: 4)")->type_name("N");
  app->add_flag("--allow-private", options.allow_private, "The address may be of this machine or network, and http");
  app->add_flag("--json", arguments->json, "Print what was done as JSON");
  app->footer(
      "A pull that was broken off, however it ended, is gone on with by the next one of the same source. The file is "
      "in\n"
      "the library only after its sha256 was found to be right, where the site tells it.\n\n"
      "Environment: HF_TOKEN (or PIXELFORGE_HF_TOKEN) and CIVITAI_TOKEN for what needs an account; HF_ENDPOINT and\n"
      "CIVITAI_ENDPOINT for mirrors; https_proxy.\n\n"
      "Examples:\n"
      "  pixelforge pull hf:dreamlike-art/dreamlike-photoreal-2.0\n"
      "  pixelforge pull hf:org/repo@v1.1:unet/model.fp16.safetensors --name dream\n"
      "  pixelforge pull \"https://civitai.com/models/827184?modelVersionId=2514310\"\n"
      "  pixelforge pull civitai:2514310 --json\n"
      "  pixelforge pull http://nas.local/dream.safetensors --allow-private");
  return {app, [arguments] { return pull(*arguments); }};
}

}  // namespace pxf::cli
