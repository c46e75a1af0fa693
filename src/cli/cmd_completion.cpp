#include <fmt/format.h>

#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "cli/verbs.h"

// Written from the same tree of verbs and flags that parses the command line, so that it cannot fall behind.
namespace pxf::cli {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& program) { return program.get_subcommands({}); }

std::string flags_of(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_snames()) out += "-" + name + " ";
    for (const std::string& name : option->get_lnames()) out += "--" + name + " ";
  }
  if (!out.empty()) out.pop_back();
  return out;
}

/// bash's own `complete`, which zsh speaks too after bashcompinit.
std::string bash_script(const CLI::App& program) {
  std::string names, cases;
  for (const CLI::App* verb : verbs_of(program)) {
    names += verb->get_name() + " ";
    fmt::format_to(std::back_inserter(cases), "    {}) words=\"{}\" ;;\n", verb->get_name(), flags_of(*verb));
  }
  return fmt::format(
      "_pixelforge() {{\n"
      "  local word=\"${{COMP_WORDS[COMP_CWORD]}}\" words=\"\"\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{}"
      "  esac\n"
      "  [ \"$COMP_CWORD\" -eq 1 ] && words=\"{}{}\"\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ] || [ \"${{word#-}}\" != \"$word\" ]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  fi\n"
      "}}\n"
      "complete -o default -F _pixelforge pixelforge\n",
      cases, names, flags_of(program));
}

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_script(const CLI::App& program) {
  std::string out;
  for (const CLI::App* verb : verbs_of(program)) {
    fmt::format_to(std::back_inserter(out), "complete -c pixelforge -n __fish_use_subcommand -a {} -d {}\n",
                   verb->get_name(), fish_quoted(verb->get_description()));
    for (const CLI::Option* option : verb->get_options()) {
      if (option->get_positional()) continue;
      fmt::format_to(std::back_inserter(out), "complete -c pixelforge -n '__fish_seen_subcommand_from {}'",
                     verb->get_name());
      for (const std::string& name : option->get_snames()) out += " -s " + name;
      for (const std::string& name : option->get_lnames()) out += " -l " + name;
      if (option->get_items_expected_max() > 0) out += " -r";
      out += " -d " + fish_quoted(option->get_description()) + "\n";
    }
  }
  return out;
}

Status completion(const CLI::App& program, const std::string& shell) {
  if (shell == "fish") {
    fmt::print("{}", fish_script(program));
  } else if (shell == "bash" || shell == "zsh") {
    fmt::print("{}{}", shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "", bash_script(program));
  } else {
    return Error{ErrorCode::invalid_argument, fmt::format("got \"{}\", need bash, zsh or fish", shell), "shell"};
  }
  return Done{};
}

}  // namespace

Verb add_completion(CLI::App& program) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* app = program.add_subcommand("completion", "Print a script that completes verbs and flags in your shell");
  app->add_option("shell", *shell, "bash, zsh or fish")->required();
  app->footer(
      "Examples:\n"
      "  source <(pixelforge completion bash)\n"
      "  pixelforge completion fish > ~/.config/fish/completions/pixelforge.fish");
  return {app, [&program, shell] { return completion(program, *shell); }};
}

}  // namespace pxf::cli
