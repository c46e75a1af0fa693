// Keeping the library whole: verify, gc.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/file_counter.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "json/library.h"
#include "pixelforge/library.h"

namespace pxf::cli {
namespace {

struct VerifyArguments {
  VerifyOptions options;
  bool json = false;
};

struct GcArguments {
  GcOptions options;
  bool json = false;
};

Status verify(const VerifyArguments& arguments) {
  Engine engine;
  const auto verified = Library(engine).verify(arguments.options, file_counter(arguments.json), &cancel_on_interrupt());
  if (!verified) return verified.error();
  const VerifyReport& report = verified.value();
  if (arguments.json) {
    print_json({{"checked", report.checked},
                {"bytes_read", report.bytes_read},
                {"ok", report.problems.empty()},
                {"problems", to_json(report.problems)}});
  } else {
    for (const Error& problem : report.problems) fmt::print("{}\n", printable(problem.text()));
    fmt::print("{} checked, {} read, {} with problems\n", report.checked, bytes_text(report.bytes_read),
               report.problems.size());
  }
  if (report.problems.empty()) return Done{};
  return Error{ErrorCode::bad_file, {}, {}};  // told above
}

Status collect(const GcArguments& arguments) {
  Engine engine;
  const auto collected = Library(engine).collect_garbage(arguments.options);
  if (!collected) return collected.error();
  const GcReport& report = collected.value();
  if (arguments.json) {
    print_json({{"blobs", report.blobs},
                {"downloads", report.downloads},
                {"bytes_freed", report.bytes},
                {"names_gone", report.names_gone}});
    return Done{};
  }
  for (const std::string& name : report.names_gone)
    fmt::print("{}: its file is gone, and now its name\n", printable(name));
  if (arguments.options.downloads) fmt::print("{} unfinished downloads removed\n", report.downloads);
  fmt::print("{} files without a name removed, {} are free\n", report.blobs, bytes_text(report.bytes));
  return Done{};
}

}  // namespace

Verb add_verify(CLI::App& program) {
  const auto options = std::make_shared<VerifyArguments>();
  CLI::App* app = program.add_subcommand("verify", "Hold the library's files against what is known of them");
  app->add_option("names", options->options.names, "Names of the library (default: all)");
  app->add_flag("--quick", options->options.quick, "Look at sizes and times only; else every byte is read");
  app->add_flag("--missing", options->options.missing,
                "Only compute the hashes that are not known yet; what is broken off goes on the next time");
  app->add_flag("--json", options->json, "Print the findings as JSON");
  app->footer(
      "Exit status 1 when something is wrong.\n\n"
      "Examples:\n"
      "  pixelforge verify\n"
      "  pixelforge verify dreamlike\n"
      "  pixelforge verify --missing\n"
      "  pixelforge verify --quick --json");
  return {app, [options] { return verify(*options); }};
}

Verb add_gc(CLI::App& program) {
  const auto options = std::make_shared<GcArguments>();
  CLI::App* app = program.add_subcommand("gc", "Remove what no name of the library has");
  app->add_flag("--missing", options->options.missing, "Also drop names whose linked file is gone");
  app->add_flag("--downloads", options->options.downloads, "Also remove what unfinished pulls have fetched");
  app->add_flag("--json", options->json, "Print what was done as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge gc\n"
      "  pixelforge gc --downloads\n"
      "  pixelforge gc --missing --json");
  return {app, [options] { return collect(*options); }};
}

}  // namespace pxf::cli
