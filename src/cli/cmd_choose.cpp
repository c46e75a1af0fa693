#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "json/choice.h"
#include "pixelforge/library.h"

namespace pxf::cli {
namespace {

struct ChooseArguments {
  ChooseRequest request;
  std::optional<Size> size;
  std::string prefer, avoid;
  std::optional<bool> habits;
  std::optional<std::string> likeness;
  bool forget = false, json = false, explain = false;
};

void print_scores(const Choice& choice) {
  std::vector<std::vector<std::string>> rows = {{"CHECKPOINT", "SCORE", "INTENT", "GENERAL", "WORDS", "HABIT",
                                                 "LIKENESS", "SIZE", "STRENGTH", "IN MEMORY", "WHY"}};
  constexpr std::size_t kMost = 10;
  const auto number = [](double value) { return fmt::format("{:.2f}", value); };
  for (const ChoiceScore& one : choice.scores) {
    if (rows.size() > kMost) break;
    rows.push_back({printable(one.checkpoint), number(one.score), number(one.intent), number(one.general),
                    number(one.words), number(one.habit), number(one.likeness), number(one.size), number(one.strength),
                    number(one.in_memory), printable(one.why)});
  }
  fmt::print("\n{}", table(rows, rows[0].size()));
}

void print_choice(const ChooseArguments& options, const Choice& choice) {
  fmt::print("{}\n", chosen_line(choice));
  for (const ChosenLora& lora : choice.loras) fmt::print("{}\n", proposal_line(lora));
  if (!options.explain) return;
  if (!choice.asked.empty()) fmt::print("asked for: {}\n", printable(fmt::format("{}", fmt::join(choice.asked, ", "))));
  print_scores(choice);
}

// A checkpoint must be there to be preferred: a misspelt name would be learnt for nothing.
Status teach(Library& library, const ChooseArguments& options, const std::string& name, bool kept) {
  if (name.empty()) return Done{};
  ChooseRequest one = options.request;
  one.among = {name};
  const auto there = library.choose(one);
  if (!there)
    return Error{ErrorCode::not_found,
                 fmt::format("no checkpoint of the name \"{}\" is here; pixelforge list shows which are", name),
                 {}};
  return library.learn(options.request.prompt, name, kept);
}

Status change_habits(Library& library, const ChooseArguments& options) {
  if (options.habits) {
    if (Status done = library.heed_habits(*options.habits); !done) return done;
  }
  if (options.likeness) {
    const std::string by = *options.likeness == "off" ? "" : *options.likeness;
    if (Status done = library.liken_by(by, &cancel_on_interrupt()); !done) return done;
  }
  if (options.forget) {
    if (Status done = library.forget_habits(); !done) return done;
  }
  if (Status done = teach(library, options, options.prefer, true); !done) return done;
  return teach(library, options, options.avoid, false);
}

Status choose(ChooseArguments& options) {
  if (options.size) {
    options.request.width = options.size->width;
    options.request.height = options.size->height;
  }
  Engine engine;
  Library library(engine);
  if (Status changed = change_habits(library, options); !changed) return changed;
  const bool only_changes = options.request.prompt.empty() && (options.forget || options.habits || options.likeness);
  if (only_changes) return Done{};
  const auto choice = library.choose(options.request);
  if (!choice) return choice.error();
  for (const std::string& notice : choice.value().notices) fmt::print(stderr, "{}\n", printable(notice));
  options.json ? print_json(to_json(choice.value())) : print_choice(options, choice.value());
  return Done{};
}

}  // namespace

Verb add_choose(CLI::App& program) {
  const auto options = std::make_shared<ChooseArguments>();
  CLI::App* app =
      program.add_subcommand("choose", "Which checkpoint and LoRAs a prompt would get, and why, without drawing");
  CLI::Option* prompt = app->add_option("prompt", options->request.prompt, "What to draw")->required();
  const auto goes_without = [prompt](const std::string&) { prompt->required(false); };
  app->add_option("-n,--negative", options->request.negative, "What should not be in it")->type_name("TEXT");
  add_value(*app, "--size", options->size, parse_size, "WIDTHxHEIGHT, such as 512x768", "Size of the picture")
      ->type_name("WxH");
  app->add_flag("--commercial", options->request.commercial, "Only models whose licence plainly allows commercial use");
  app->add_flag("--explain", options->explain, "What was understood, and the parts of each score");
  app->add_option("--prefer", options->prefer, "Remember: for prompts like this, rather that one")->type_name("NAME");
  app->add_option("--avoid", options->avoid, "Remember: for prompts like this, rather not that one")->type_name("NAME");
  app->add_flag("--forget", options->forget, "Forget what was preferred, avoided, kept and dropped")
      ->each(goes_without);
  add_value(
      *app, "--habits", options->habits,
      [](const std::string& text) -> std::optional<bool> {
        if (text == "on") return true;
        return text == "off" ? std::optional(false) : std::nullopt;
      },
      "on or off", "Whether such things are remembered and heeded at all (default: on)")
      ->type_name("on|off")
      ->each(goes_without);
  app->add_option(
         "--likeness", options->likeness,
         "Compare prompts with models' texts by this checkpoint's text encoder too, from now on (off: no more)")
      ->type_name("NAME|off")
      ->each(goes_without);
  app->add_flag("--json", options->json, "Print it as JSON");
  app->footer(
      "Examples:\n"
      "  pixelforge choose \"a red dragon, pixel art\"\n"
      "  pixelforge choose \"wedding portrait, 85mm\" --commercial --explain\n"
      "  pixelforge choose \"a knight\" --prefer dreamlike\n"
      "  pixelforge choose --forget");
  return {app, [options] { return choose(*options); }};
}

}  // namespace pxf::cli
