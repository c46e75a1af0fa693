#include "cli/generate_options.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace pxf::cli {
namespace {

std::optional<std::uint64_t> parse_seed(const std::string& text) { return parse_number<std::uint64_t>(text); }

// Takes ":NUMBER" off the end of the text.
std::optional<double> take_strength(std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::optional<double> value = parse_number<double>(std::string_view(text).substr(colon + 1));
  if (value) text.erase(colon);
  return value;
}

// NAME, NAME:STRENGTH or NAME:STRENGTH:TEXT_STRENGTH; what is no number is part of the name.
LoraUse parse_lora(std::string text) {
  LoraUse use;
  const std::string given = text;
  const std::optional<double> last = take_strength(text), first = last ? take_strength(text) : std::nullopt;
  use.strength = first.value_or(last.value_or(1));
  if (first) use.text_strength = last;
  use.name = std::move(text);
  if (use.name.empty()) throw refused("--lora", given, "a name or file, such as neon or neon:0.8");
  return use;
}

void add_loras(CLI::App& app, std::vector<LoraUse>& loras) {
  app.add_option_function<std::vector<std::string>>(
         "--lora",
         [&loras](const std::vector<std::string>& all) {
           for (const std::string& one : all) loras.push_back(parse_lora(one));
         },
         "LoRA to put on the checkpoint: a name or a file, with its strength (default: 1) and that for the text "
         "encoder (default: the same); may be given several times")
      ->type_name("NAME|FILE[:X[:TEXT]]")
      ->allow_extra_args(false);
}

void add_embeddings(CLI::App& app, std::vector<std::string>& embeddings) {
  app.add_option_function<std::vector<std::string>>(
         "--embedding",
         [&embeddings](const std::vector<std::string>& all) {
           embeddings.insert(embeddings.end(), all.begin(), all.end());
         },
         "Textual inversion embedding that the prompt may name: a file, a folder of them, or a name; may be given "
         "several "
         "times. Those in the library need no flag")
      ->type_name("NAME|FILE|FOLDER")
      ->allow_extra_args(false);
}

/// "2x", "1.5"
std::optional<double> parse_factor(const std::string& text) {
  return parse_number<double>(text.ends_with("x") ? std::string_view(text).substr(0, text.size() - 1) : text);
}

void add_settings(CLI::App& app, GenerateOptions& o) {
  Request& r = o.request;
  app.add_option("-n,--negative", r.negative, "What the picture should not show");
  add_whole(app, "-s,--steps", r.steps, "Sampling steps");
  add_value(app, "--cfg", r.cfg_scale, parse_number<double>, "a number such as 7.5",
            "How closely to follow the prompt; 1: off")
      ->type_name("X");
  app.add_option("--sampler", r.sampler, "Sampler, by any program's name for it")->type_name("NAME");
  app.add_option("--scheduler", r.scheduler, "Noise schedule, likewise")->type_name("NAME");
  add_value(app, "--seed", r.seed, parse_seed,
            "a whole number from 0 to 18446744073709551615 (leave it out for a random one)",
            "Seed of the first picture (default: random)")
      ->type_name("N");
  add_size(app, o.size, "Size in pixels, multiples of 8");
  add_whole(app, "-c,--count", r.count, "Pictures to make, each with the next seed (default: 1)");
  add_whole(app, "--clip-skip", r.clip_skip, "Text encoder's layer from the end (default: 1, the last)");
  add_choice<PromptSyntax>(app, "--prompt-syntax", r.syntax,
                           {{"a1111", PromptSyntax::a1111}, {"comfy", PromptSyntax::comfy}},
                           "How brackets in the prompt are read: a1111 (default) or comfy");
  add_choice<NoiseSource>(app, "--noise", r.noise, {{"cpu", NoiseSource::cpu}, {"gpu", NoiseSource::gpu}},
                          "Whose noise a seed stands for: PyTorch's on a CPU (default), or on an NVIDIA card as A1111");
}

void add_pictures(CLI::App& app, GenerateOptions& o) {
  Request& r = o.request;
  app.add_option("-i,--init", o.init, "Image-to-image: a PNG, JPEG or WebP to begin with")->type_name("FILE");
  add_value(app, "--strength", r.strength, parse_number<double>, "a number above 0, at most 1",
            "How much of it is made anew (default: 0.75)")
      ->type_name("X");
  app.add_option("--mask", o.mask, "Inpainting: a picture of the same size, white where to draw")->type_name("FILE");
  add_whole(app, "--mask-blur", r.mask_blur, "Pixels over which the mask's edge is soft (default: 4)");
  add_choice<MaskFill>(app, "--mask-fill", r.mask_fill, {{"original", MaskFill::original}, {"noise", MaskFill::noise}},
                       "What lies under the mask at the beginning: original (default) or noise");
  add_value(app, "--hires", r.hires, parse_factor, "a factor above 1 such as 2x",
            "Hires fix: a second pass at so many times the size")
      ->type_name("2x");
  add_value(app, "--hires-strength", r.hires_strength, parse_number<double>, "a number above 0, at most 1",
            "How much the second pass makes anew (default: 0.5)")
      ->type_name("X");
  add_whole(app, "--hires-steps", r.hires_steps, "Steps of the second pass (default: the strength's share)");
  add_value(app, "--image-cfg", r.image_cfg, parse_number<double>, "a number such as 1.5",
            "How closely pix2pix follows its picture (default: 1.5)")
      ->type_name("X");
}

void add_output(CLI::App& app, GenerateOptions& o) {
  app.add_option("-o,--output", o.output, "File, folder, or - for standard output (default: this folder)")
      ->type_name("PATH");
  app.add_option_function<std::string>(
         "--format",
         [](const std::string& format) {
           if (format != "png") throw refused("--format", format, "png: other formats are not built yet");
         },
         "Picture format: png")
      ->type_name("png");
  const std::map<std::string, PictureStyle> styles = {{"auto", PictureStyle::automatic},
                                                      {"kitty", PictureStyle::kitty},
                                                      {"sixel", PictureStyle::sixel},
                                                      {"blocks", PictureStyle::blocks},
                                                      {"none", PictureStyle::none}};
  add_choice(app, "--picture", o.picture, styles, "How to show the picture in the terminal");
  app.add_flag("--preview", o.request.preview, "Show in the terminal what the picture will be, step by step");
  app.add_option_function<std::string>(
         "--preview-model",
         [&o](const std::string& file) {
           o.request.preview = true;
           o.request.preview_model = file;
         },
         "The same, drawn by a tiny autoencoder (TAESD) where there is time for it")
      ->type_name("NAME|FILE");
  app.add_flag_callback(
      "--no-picture", [&o] { o.picture = PictureStyle::none; }, "The same as --picture none");
  app.add_flag("--json", o.json, "Print what was done as JSON");
  app.add_flag("--explain", o.explain, "Print what would be done, and draw nothing");
  app.add_flag("-q,--quiet", o.quiet, "Print the pictures' paths only");
  add_threads(app, o.engine.threads);
}

}  // namespace

void add_flags(CLI::App& app, GenerateOptions& options) {
  app.add_option("prompt", options.request.prompt, "What to draw; - reads it from standard input")->required();
  app.add_option("-m,--checkpoint", options.checkpoint, "Checkpoint: a name, a file, or auto (default)")
      ->type_name("NAME|FILE");
  add_loras(app, options.request.loras);
  add_embeddings(app, options.request.embeddings);
  app.add_option("--vae", options.vae, "A VAE, or a tiny one (TAESD), in place of the checkpoint's own")
      ->type_name("FILE");
  app.add_flag("--vae-tiling", options.request.vae_tiling,
               "Run the VAE in bands: half the memory, the same picture (done by itself where memory is short)");
  add_settings(app, options);
  add_pictures(app, options);
  add_output(app, options);
}

}  // namespace pxf::cli
