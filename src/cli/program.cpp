#include "cli/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/verbs.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

std::vector<Verb> add_verbs(CLI::App& program) {
  program.name("pixelforge");
  program.set_version_flag("--version", fmt::format("pixelforge {}", version()));
  program.set_help_flag("-h,--help", "Print this and exit");
  program.get_formatter()->column_width(34);
  program.option_defaults()->take_last();  // of a flag given twice, as a script may add its own
  program.require_subcommand(1);
  program.footer(
      "Examples:\n"
      "  pixelforge generate \"a red apple on a beach\"\n"
      "  pixelforge pull hf:dreamlike-art/dreamlike-photoreal-2.0\n"
      "  pixelforge inspect dreamlike.safetensors\n"
      "  pixelforge add-folder ~/ComfyUI/models\n"
      "  pixelforge serve\n"
      "  pixelforge explain \"CFG scale\"\n\n"
      "pixelforge VERB --help says more about each. Exit status: 0 done, 1 failed, 2 wrong usage, 130 cancelled.");
  return {add_generate(program), add_choose(program), add_grid(program),      add_inspect(program),
          add_list(program),     add_import(program), add_pull(program),      add_add_folder(program),
          add_show(program),     add_rm(program),     add_rename(program),    add_tag(program),
          add_set(program),      add_verify(program), add_gc(program),        add_doctor(program),
          add_bench(program),    add_probe(program),  add_explain(program),   add_convert(program),
          add_merge(program),    add_diff(program),   add_extract(program),   add_prepare(program),
          add_serve(program),    add_worker(program), add_ps(program),        add_key(program),
          add_user(program),     add_tune(program),   add_completion(program)};
}

const Verb* named(const std::vector<Verb>& verbs) {
  for (const Verb& verb : verbs) {
    if (verb.app->parsed()) return &verb;
  }
  return nullptr;
}

/// Known before parsing has succeeded, so that its errors are told in the same form.
bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

/// CLI11 finds the mistakes; the words are ours.
std::string mistake(const CLI::ParseError& error, const CLI::App& program, const Verb* verb) {
  std::vector<std::string> rest = program.remaining(true);
  const bool after_hyphens = std::erase(rest, "--") > 0;
  if (verb == nullptr) {
    std::vector<std::string> names;
    for (const CLI::App* app : program.get_subcommands({})) names.push_back(app->get_name());
    return fmt::format("verb: got {}, need one of {}", rest.empty() ? "none" : '"' + rest.front() + '"',
                       fmt::join(names, ", "));
  }
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (code == CLI::ExitCodes::ArgumentMismatch) {  // "--steps: 1 required N missing"
    const std::string what = error.what();
    return what.substr(0, what.find(':')) + ": got nothing, need a value";
  }
  const bool may_be_the_rest = code == CLI::ExitCodes::ExtrasError || code == CLI::ExitCodes::RequiredError;
  if (!may_be_the_rest || rest.empty()) return error.what();
  if (rest.front().starts_with("-") && !after_hyphens) {
    const bool prompt = verb->app->get_name() == "generate" || verb->app->get_name() == "grid";
    return fmt::format("unknown flag \"{}\"{}", rest.front(),
                       prompt ? " (a prompt that begins with - goes after --)" : "");
  }
  return fmt::format("one argument too many: \"{}\" ({})", rest.front(),
                     after_hyphens ? "flags go before --" : "quote an argument that has spaces");
}

Error usage_error(const CLI::ParseError& error, const CLI::App& program, const Verb* verb) {
  const std::string help = verb ? verb->app->get_name() + " --help" : "--help";
  return {ErrorCode::invalid_argument, fmt::format("{}; see pixelforge {}", mistake(error, program, verb), help), {}};
}

Status flush_output() {
  if (std::fflush(stdout) != 0) return write_error(errno, "standard output");
  return Done{};
}

Status run_guarded(const Verb& verb) {
  try {
    Status status = verb.run();
    return status ? flush_output() : status;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "memory ran out: use a smaller size or end other programs", {}};
  } catch (const std::system_error& error) {  // what fmt throws when a stream takes no more
    return write_error(error.code().value(), "standard output");
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, fmt::format("{}; this is a defect of pixelforge", error.what()), {}};
  }
}

/// What other users of this machine see of the command line shows no password of an address.
void hide_passwords(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view text(argv[i]);
    const std::size_t scheme = text.find("postgres");
    const std::size_t user = scheme == std::string_view::npos ? scheme : text.find("://", scheme);
    if (user == std::string_view::npos) continue;
    const std::size_t at = text.substr(0, text.find_first_of("/?", user + 3)).rfind('@');
    const std::size_t colon = text.find(':', user + 3);
    if (at == std::string_view::npos || colon >= at) continue;
    std::fill(argv[i] + colon + 1, argv[i] + at, '*');
  }
}

}  // namespace

Exit run(int argc, char** argv) {
  const bool json = asks_for_json(argc, argv);
  CLI::App program("Turns a prompt into a picture through the checkpoint of your choice.");
  const std::vector<Verb> verbs = add_verbs(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (argc == 1) return std::fputs(program.help().c_str(), stderr), Exit::usage;
    if (error.get_exit_code() != 0) return report(usage_error(error, program, named(verbs)), json);
    std::ostringstream text;  // of --help or --version
    program.exit(error, text);
    std::fputs(text.str().c_str(), stdout);
    const Status written = flush_output();
    return written ? Exit::done : report(written.error(), json);
  }
  hide_passwords(argc, argv);
  const Status status = run_guarded(*named(verbs));
  return status ? Exit::done : report(status.error(), json);
}

}  // namespace pxf::cli
