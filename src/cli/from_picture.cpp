#include "cli/from_picture.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/plain_text.h"
#include "cli/sheet.h"
#include "pixelforge/library.h"
#include "pixelforge/methods.h"

namespace pxf::cli {
namespace {

constexpr std::size_t kLostShown = 12;

void notice(const GenerateOptions& options, const std::string& text) {
  fmt::print(stderr, "{}: {}\n", printable(options.from), printable(text));
}

/// The picture's LoRAs stay with another prompt, and go when others are given.
void choose_loras(GenerateOptions& options, const PictureRecipe& recipe) {
  Request& r = options.request;
  if (!options.prompt && options.loras.empty()) return;
  PromptAndLoras theirs = take_loras(recipe.request.prompt);
  r.prompt = std::move(theirs.prompt);
  if (!options.loras.empty()) r.loras.clear();
  if (options.loras.empty()) r.loras.insert(r.loras.begin(), theirs.loras.begin(), theirs.loras.end());
}

Status choose_checkpoint(GenerateOptions& options, const PictureRecipe& recipe, Library& library) {
  if (!options.checkpoint.empty()) return Done{};
  if (recipe.checkpoint.empty() && recipe.checkpoint_hash.empty()) {
    notice(options, "does not say which checkpoint it was made with; choose one with -m");
    return Done{};
  }
  const auto found = library.find_checkpoint(recipe.checkpoint, recipe.checkpoint_hash);
  if (!found) return found.error();
  const std::string hash = recipe.checkpoint_hash.empty() ? "" : " (hash " + recipe.checkpoint_hash + "…)";
  if (found.value().name.empty()) {
    const int unhashed = recipe.checkpoint_hash.empty() ? 0 : found.value().unhashed;
    const std::string perhaps =
        unhashed == 0
            ? ""
            : fmt::format(" (or one of {} whose hashes are not known yet: pixelforge verify --missing)", unhashed);
    return Error{ErrorCode::not_found,
                 fmt::format("was made with the checkpoint \"{}\"{}, which is not here{}; import it, or choose another "
                             "with -m",
                             recipe.checkpoint, hash, perhaps),
                 options.from};
  }
  options.checkpoint = found.value().name;
  if (!found.value().is_same) {
    notice(options, fmt::format("was made with another \"{}\"{} than the one here (sha256 {}…): expect another picture",
                                recipe.checkpoint, hash, found.value().sha256.substr(0, 10)));
  }
  return Done{};
}

/// Of the library by its name with or without ending, or a file that lies here; else the checkpoint's own stays.
void choose_vae(GenerateOptions& options, const PictureRecipe& recipe, Engine& engine) {
  if (!options.vae.empty()) return;
  if (recipe.vae.empty()) {
    options.vae = "own";  // whatever is set for it now
    return;
  }
  const std::filesystem::path file = std::filesystem::path(recipe.vae).filename();
  for (const std::string& name : {file.string(), file.stem().string()}) {
    const auto vae = engine.inspect(name);
    if (!vae) continue;
    options.vae = name;
    return;
  }
  notice(options, fmt::format("was made with the VAE \"{}\", which is not here: the checkpoint's own is used, or give "
                              "one with --vae",
                              recipe.vae));
}

std::string size_text(const Request& r) {
  return r.width && r.height ? fmt::format("{}x{}", *r.width, *r.height) : std::string();
}

template <class T>
std::string text(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

}  // namespace

Status fill_from_picture(GenerateOptions& options, Engine& engine) {
  if (options.from.empty()) return Done{};
  if (!options.recipe) return *options.recipe_error;
  const PictureRecipe& recipe = *options.recipe;
  choose_loras(options, recipe);
  Library library(engine);
  if (Status chosen = choose_checkpoint(options, recipe, library); !chosen) return chosen;
  choose_vae(options, recipe, engine);
  if (recipe.needs_picture && options.init.empty()) {
    notice(options, "began with another picture, which is not in it; give that with --init");
  }
  for (std::size_t i = 0; i < recipe.lost.size(); ++i) {
    if (i == kLostShown) {
      notice(options, fmt::format("and {} more that are not repeated (inspect lists them)", recipe.lost.size() - i));
      break;
    }
    notice(options, "not repeated: " + recipe.lost[i]);
  }
  return Done{};
}

Error with_picture_hint(Error error, const GenerateOptions& options) {
  if (options.recipe && options.loras.empty() && error.code == ErrorCode::not_found) {
    error.message +=
        fmt::format("; {} names it: give the file, or others in place of all its LoRAs, with --lora", options.from);
  }
  return error;
}

void notice_other_loras(const GenerateOptions& options, const Plan& plan) {
  if (!options.recipe) return;
  for (const LoraPlan& lora : plan.loras) {
    const auto said = options.recipe->lora_hashes.find(lora.name);
    if (said == options.recipe->lora_hashes.end() || lora.hash.empty() || said->second == lora.hash) continue;
    notice(options, fmt::format("was made with another LoRA \"{}\" ({}) than the one here ({}): expect another picture",
                                lora.name, said->second, lora.hash));
  }
}

Json to_json(const PictureRecipe& recipe) {
  const Request& r = recipe.request;
  const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(); };
  Json loras = Json::array();
  for (const LoraUse& lora : r.loras) loras.push_back({{"name", lora.name}, {"strength", lora.strength.value_or(1)}});
  for (const LoraUse& lora : take_loras(r.prompt).loras) {
    loras.push_back({{"name", lora.name}, {"strength", lora.strength.value_or(1)}});
  }
  return {{"kind", "picture"},
          {"program", recipe.program},
          {"prompt", r.prompt},
          {"negative", r.negative},
          {"checkpoint", recipe.checkpoint},
          {"checkpoint_hash", recipe.checkpoint_hash},
          {"vae", recipe.vae},
          {"loras", loras},
          {"sampler", or_null(r.sampler)},
          {"scheduler", or_null(r.scheduler)},
          {"steps", or_null(r.steps)},
          {"cfg_scale", or_null(r.cfg_scale)},
          {"seed", or_null(r.seed)},
          {"width", or_null(r.width)},
          {"height", or_null(r.height)},
          {"shortcuts", r.shortcuts ? to_text(*r.shortcuts) : ""},
          {"clip_skip", r.clip_skip.value_or(1)},
          {"variation_seed", or_null(r.variation_seed)},
          {"variation_strength", r.variation_strength},
          {"hires", or_null(r.hires)},
          {"hires_upscaler", r.hires ? Json(name_of(r.hires_upscaler).name) : Json()},
          {"noise", r.noise == NoiseSource::cpu ? "cpu" : "gpu"},
          {"needs_picture", recipe.needs_picture},
          {"not_repeated", recipe.lost}};
}

void print_recipe(const PictureRecipe& recipe) {
  const Sheet sheet;
  const Request& r = recipe.request;
  sheet.row("is", "a picture, made by " + recipe.program);
  sheet.row("prompt", r.prompt);
  sheet.row("negative", r.negative);
  sheet.row("checkpoint", recipe.checkpoint_hash.empty()
                              ? recipe.checkpoint
                              : fmt::format("{} (sha256 {}…)", recipe.checkpoint, recipe.checkpoint_hash));
  sheet.row("VAE", recipe.vae);
  for (const LoraUse& lora : r.loras) sheet.row("LoRA", fmt::format("{} at {}", lora.name, lora.strength.value_or(1)));
  sheet.row("sampler", text(r.sampler));
  sheet.row("scheduler", text(r.scheduler));
  sheet.row("steps", text(r.steps));
  sheet.row("CFG scale", text(r.cfg_scale));
  sheet.row("seed", text(r.seed));
  sheet.row("size", size_text(r));
  if (r.clip_skip.value_or(1) != 1) sheet.row("clip skip", text(r.clip_skip));
  if (r.shortcuts) sheet.row("shortcuts", to_text(*r.shortcuts));
  sheet.row("noise", r.noise == NoiseSource::cpu ? "as PyTorch makes it on a CPU" : "as on an NVIDIA card");
  if (recipe.needs_picture) sheet.row("began with", "another picture, which is not in it");
  const char* label = "not repeated";
  for (const std::string& lost : recipe.lost) sheet.row(std::exchange(label, ""), lost);
  sheet.row("again", "pixelforge generate --from it");
}

}  // namespace pxf::cli
