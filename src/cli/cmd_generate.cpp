#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "cli/complete_request.h"
#include "cli/drawing.h"
#include "cli/from_picture.h"
#include "cli/generate_options.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "json/choice.h"
#include "json/json.h"
#include "json/library.h"
#include "pixelforge/engine.h"
#include "pixelforge/picture_file.h"

namespace pxf::cli {
namespace {

Json settings_json(const Plan& plan, const Request& request) {
  Json settings = {{"prompt", request.prompt}, {"negative", request.negative}};
  settings.update(to_json(plan));
  return settings;
}

Json plan_json(const GenerateOptions& options, const Plan& plan) {
  Json out = {{"checkpoint",
               {{"name", plan.checkpoint},
                {"family", plan.family},
                {"prediction", plan.prediction},
                {"license", plan.license}}},
              {"commercial", to_json(plan.commercial)},
              {"settings", settings_json(plan, options.request)}};
  if (options.choice) out["chosen"] = to_json(*options.choice, 3);
  return out;
}

Json picture_json(const Saved& saved) {
  const Picture::Seconds& s = saved.picture.seconds;
  return {{"path", saved.path.string()},
          {"seed", saved.picture.seed},
          {"parameters", saved.picture.parameters},
          {"width", saved.picture.image.width},
          {"height", saved.picture.image.height},
          {"seconds", {{"total", total(s)}, {"open", s.open}, {"text", s.text}, {"steps", s.steps}, {"vae", s.vae}}}};
}

std::string strength_text(const LoraPlan& lora) {
  if (lora.strength == lora.text_strength) return fmt::format("{}", lora.strength);
  return fmt::format("{}, on the text encoder at {}", lora.strength, lora.text_strength);
}

// Nothing of a LoRA is left out without a word.
void notice_loras(const Plan& plan, bool quiet) {
  for (const LoraPlan& lora : plan.loras) {
    if (quiet && lora.applied == lora.total) continue;
    fmt::print(stderr, "{}: {} of {} tensors apply\n", printable(lora.name), lora.applied, lora.total);
    if (lora.unknown.empty()) continue;
    const std::size_t more = lora.unknown.size() - 1;
    fmt::print(stderr, "{}: left out, for no weight of this checkpoint fits: {}{}\n", printable(lora.name),
               printable(lora.unknown[0]),
               more == 0 ? "" : fmt::format(" and {} more (--explain --json lists them)", more));
  }
}

void notice_others(const Plan& plan) {
  for (const std::string& one : plan.notices) fmt::print(stderr, "{}\n", printable(one));
}

void notice_embeddings(const Plan& plan) {
  for (const EmbeddingPlan& one : plan.embeddings) {
    if (!one.left_out.empty()) {
      fmt::print(stderr, "embedding {} is not used: {}\n", printable(one.name), printable(one.left_out));
    }
  }
}

void print_plan(const Plan& plan, const std::optional<Choice>& choice) {
  const auto row = [](const char* name, const std::string& value) { fmt::print("{:<16}{}\n", name, value); };
  row("checkpoint", checkpoint_line(plan));
  if (choice) row("chosen", chosen_line(*choice));
  row("commercial use", commercial_text(plan.commercial));
  row("sampler", fmt::format("{} ({})", plan.sampler_label, plan.sampler));
  row("scheduler", fmt::format("{} ({})", plan.scheduler_label, plan.scheduler));
  row("steps", fmt::format("{}", plan.steps));
  row("CFG scale",
      fmt::format("{}{}", plan.cfg_scale,
                  plan.cfg_scale == 1 && !plan.guidance.cfg ? " (off: the negative prompt does nothing)" : ""));
  if (const std::string guidance = to_text(plan.guidance); !guidance.empty()) row("guidance", guidance);
  if (!plan.left_out.empty()) row("shortcuts", fmt::format("{}: {}", to_text(plan.shortcuts), plan.left_out));
  row("size", fmt::format("{}x{}", plan.width, plan.height));
  row("seed", plan.count == 1 ? fmt::format("{}", plan.seed)
                              : fmt::format("{} and the {} after it", plan.seed, plan.count - 1));
  row("clip skip", fmt::format("{}", plan.clip_skip));
  row("noise",
      plan.noise == NoiseSource::cpu ? "as PyTorch makes it on a CPU" : "as PyTorch makes it on an NVIDIA card");
  for (const LoraPlan& lora : plan.loras) {
    row("LoRA", fmt::format("{} at {}: {} of {} tensors apply", printable(lora.name), strength_text(lora), lora.applied,
                            lora.total));
  }
  if (plan.variation_strength > 0) {
    row("variation", fmt::format("{} towards seed {}", plan.variation_strength, plan.variation_seed));
  }
  for (const EmbeddingPlan& one : plan.embeddings) {
    const char* plural = one.vectors == 1 ? "" : "s";
    if (one.left_out.empty())
      row("embedding", fmt::format("{}: {} vector{}", printable(one.name), one.vectors, plural));
  }
  if (!plan.negative.empty()) row("negative", printable(plan.negative));
  if (plan.strength) row("strength", fmt::format("{}", *plan.strength));
  const char* title = "prompt";
  for (const std::string& line : plan.prompt_reading) {
    row(title, printable(line));
    title = "";
  }
  row("memory",
      fmt::format("about {} more{}", bytes_text(plan.memory_needed), plan.vae_tiling ? ", with the VAE in bands" : ""));
  row("settings from", fmt::format("your flags, then {}{}", plan.settings_from,
                                   plan.level == Level::balanced ? "" : fmt::format(" ({})", to_string(plan.level))));
}

Error with_count_saved(Error error, std::size_t saved, int count) {
  if (saved > 0) error.message += fmt::format(" ({} of {} pictures are saved)", saved, count);
  return error;
}

// LoRAs are proposed where the choice is the program's; which are put on is the user's.
void notice_choice(const GenerateOptions& options) {
  if (!options.choice || options.quiet || options.json) return;
  const ChoiceScore& best = options.choice->scores[0];
  if (best.intent > 0) fmt::print(stderr, "chosen {}\n", chosen_line(*options.choice));
  if (options.auto_loras) return;
  for (const ChosenLora& lora : options.choice->loras) fmt::print(stderr, "{}\n", proposal_line(lora));
}

Status generate(GenerateOptions& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Request& request = options.request;
  options.engine.one_request = request.count == 1;
  Engine engine(options.engine);
  if (Status read = read_prompt(options); !read) return read;
  if (Status completed = complete_request(options, engine); !completed) return completed;
  const auto output = Output::to(options.output, request.count, {options.format, options.quality});
  if (!output) return output.error();
  const auto checkpoint = engine.open(options.checkpoint, options.vae);
  if (!checkpoint) return checkpoint.error();
  const auto settled = engine.plan(checkpoint.value(), request);
  if (!settled) return with_picture_hint(settled.error(), options);
  const Plan& plan = settled.value();
  notice_choice(options);
  if (Status holds = check_encoding(plan, output.value().encoding()); !holds) return holds;
  notice_loras(plan, options.quiet);
  notice_other_loras(options, plan);
  notice_embeddings(plan);
  notice_others(plan);
  if (options.explain) {
    options.json ? print_json(plan_json(options, plan)) : print_plan(plan, options.choice);
    return Done{};
  }

  const Drawing drawing(options, plan, output.value(), cancel);
  drawing.announce();
  Json pictures = Json::array();
  for (int k = 0; k < plan.count; ++k) {
    const auto saved = drawing.draw(engine, checkpoint.value(), k);
    if (!saved) return with_count_saved(saved.error(), pictures.size(), plan.count);
    drawing.show(saved.value());
    pictures.push_back(picture_json(saved.value()));
  }
  if (options.json) {
    Json report = plan_json(options, plan);
    if (options.recipe) report["from"] = to_json(*options.recipe);
    report["pictures"] = std::move(pictures);
    print_json(report);
  }
  return Done{};
}

}  // namespace

Verb add_generate(CLI::App& program) {
  const auto options = std::make_shared<GenerateOptions>();
  CLI::App* app = program.add_subcommand("generate", "Make a picture from a prompt");
  add_flags(*app, *options);
  app->footer(
      "Whatever is not said comes from the checkpoint's own recommendation.\n\n"
      "Examples:\n"
      "  pixelforge generate \"a red apple on a beach\"\n"
      "  pixelforge generate \"a boat\" -n \"people\" --seed 42 --size 128x192 -c 4 -o pictures/\n"
      "  pixelforge generate \"a boat, neon\" --lora neon:0.8 --lora style.safetensors:0.5:0.2\n"
      "  pixelforge generate \"a boat\" -n easynegative --embedding easynegative.safetensors\n"
      "  pixelforge generate \"a boat\" -m dreamlike.safetensors --sampler euler_a --steps 30 --cfg 7\n"
      "  pixelforge generate \"a boat\" --cfg 4 --guidance pag:3 --guidance freeu\n"
      "  pixelforge generate \"a boat\" --shortcut deep:3 --shortcut tome:0.5\n"
      "  pixelforge generate \"a boat\" -o boat.webp --quality 80\n"
      "  pixelforge generate --from boat.webp --steps 40\n"
      "  pixelforge generate \"a boat\" --seed 42 --variation-strength 0.2 -c 4\n"
      "  pixelforge generate \"a boat\" -i sea.png --outpaint left=64,right=64 --strength 0.9\n"
      "  echo \"a boat\" | pixelforge generate - -o - > boat.png\n"
      "  pixelforge generate -o out.png -- \"-a prompt that begins with a hyphen\"");
  return {app, [options] { return generate(*options); }};
}

}  // namespace pxf::cli
