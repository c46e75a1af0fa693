#include "cli/generate_options.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "pixelforge/methods.h"
#include "pixelforge/picture_file.h"

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

// A last part such as "start=0.3"; false when there is none.
bool take_named(std::string& text, LoraUse& use) {
  const auto colon = text.rfind(':'), equals = text.find('=', colon);
  if (colon == std::string::npos || equals == std::string::npos) return false;
  const std::string key = text.substr(colon + 1, equals - colon - 1), value = text.substr(equals + 1);
  if (key == "lbw") {
    use.blocks = value;
  } else if (key == "start" || key == "stop") {
    const std::optional<double> share = parse_number<double>(value);
    if (!share) throw refused("--lora ...:" + key, value, "a share of the steps from 0 to 1");
    (key == "start" ? use.start : use.stop) = *share;
  } else {
    return false;
  }
  text.erase(colon);
  return true;
}

}  // namespace

LoraUse parse_lora(std::string text) {
  LoraUse use;
  const std::string given = text;
  while (take_named(text, use)) continue;
  const std::optional<double> last = take_strength(text), first = last ? take_strength(text) : std::nullopt;
  use.strength = first ? first : last;
  if (first) use.text_strength = last;
  use.name = std::move(text);
  if (use.name.empty()) throw refused("--lora", given, "a name or file, such as neon or neon:0.8");
  return use;
}

namespace {

void add_loras(CLI::App& app, std::vector<LoraUse>& loras) {
  app.add_option_function<std::vector<std::string>>(
         "-l,--lora",
         [&loras](const std::vector<std::string>& all) {
           for (const std::string& one : all) loras.push_back(parse_lora(one));
         },
         "LoRA to put on the checkpoint: a name or a file, with its strength (default: the one set or recommended for "
         "it, else 1) and that for the text "
         "encoder (default: the same); start=0.3 and stop=0.8: the share of the steps in which it acts; lbw=MIDD or 17 "
         "numbers: its strength in each block; may be given several times")
      ->type_name("NAME|FILE[:X[:TEXT]][:start=X][:stop=X][:lbw=X]")
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

void add_prompt_files(CLI::App& app, Request& request) {
  app.add_option("--style", request.styles,
                 "Style to lay around both prompts, by its name in styles.csv; may be given several times")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--styles-file", request.styles_file,
                 "Where styles are, as A1111 keeps them (default: styles.csv in the library's folder)")
      ->type_name("FILE");
  app.add_option("--wildcards", request.wildcards,
                 "Where the lines for __name__ in a prompt are: its name.txt (default: wildcards in the library's "
                 "folder)")
      ->type_name("FOLDER");
}

/// "2x", "1.5"
std::optional<double> parse_factor(const std::string& text) {
  return parse_number<double>(text.ends_with("x") ? std::string_view(text).substr(0, text.size() - 1) : text);
}

/// One number, or several, of which each is for a step: "7.5", "7,7,5,3", "7x10,4".
std::optional<CfgSchedule> parse_scales(const std::string& text) {
  if (text.find_first_of(":;=") != std::string::npos) return std::nullopt;
  auto guidance = parse_guidance("cfg:" + text);
  return guidance ? std::move(guidance).value().cfg : std::nullopt;
}

// Each use adds methods to those before.
void add_methods(const std::vector<std::string>& texts, Guidance& into) {
  std::string all = to_text(into);
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  auto guidance = parse_guidance(all);
  if (!guidance) throw CLI::ValidationError("--guidance", guidance.error().message);
  into = std::move(guidance).value();
}

void add_guidance(CLI::App& app, Request& r) {
  app.add_option_function<std::string>(
         "--cfg",
         [&r](const std::string& text) {
           const auto scales = parse_scales(text);
           if (!scales) throw refused("--cfg", text, "a number such as 7.5, or one for each step such as 7,7,5,3");
           if (scales->scales.size() == 1)
             r.cfg_scale = scales->scales[0];
           else
             r.guidance.cfg = scales;
         },
         "How closely to follow the prompt; 1: off. Several are for one step each, the last goes on: 7,7,5,3")
      ->type_name("X[,X...]");
  app.add_option_function<std::vector<std::string>>(
         "--guidance", [&r](const std::vector<std::string>& texts) { add_methods(texts, r.guidance); },
         "What else leads the picture, such as pag:3 or rescale:0.7: pag, seg, slg, freeu, apg, cfg_zero, rescale, "
         "dynthres, thresholding, interval (docs/guidance.md); may be given several times")
      ->type_name("METHOD[:X,KEY=X...]")
      ->allow_extra_args(false);
}

void add_settings(CLI::App& app, GenerateOptions& o) {
  Request& r = o.request;
  app.add_option_function<std::string>(
      "-n,--negative",
      [&r](const std::string& text) {
        r.negative = text;
        r.preset_negative = false;
      },
      "What the picture should not show (default: as the checkpoint recommends, usually nothing; \"\": nothing)");
  add_choice<Level>(app, "--level", r.level,
                    {{"best", Level::best}, {"balanced", Level::balanced}, {"fast", Level::fast}},
                    "How much time a picture may take: best, balanced (default) or fast, as tune has found them");
  add_whole(app, "-s,--steps", r.steps, "Sampling steps");
  add_guidance(app, r);
  add_shortcuts(app, r.shortcuts,
                "Work to leave out, for another picture in less time: deep:3 (most of the UNet on every third step "
                "alone), tome:0.5 (half of the places merged in attention), none (docs/shortcuts.md); may be given "
                "several times");
  app.add_option("--sampler", r.sampler, "Sampler, by any program's name for it")->type_name("NAME");
  app.add_option("--scheduler", r.scheduler, "Noise schedule, likewise")->type_name("NAME");
  add_value(app, "--seed", r.seed, parse_seed,
            "a whole number from 0 to 18446744073709551615 (leave it out for a random one)",
            "Seed of the first picture (default: random)")
      ->type_name("N");
  add_size(app, o.size, "Size in pixels, multiples of 8");
  add_whole(app, "-c,--count", r.count, "Pictures to make, each with the next seed (default: 1)");
  add_whole(app, "--clip-skip", r.clip_skip,
            "Text encoder's layer from the end (default: as the checkpoint recommends, usually 1, the last)");
  add_choice<PromptSyntax>(app, "--prompt-syntax", r.syntax,
                           {{"a1111", PromptSyntax::a1111}, {"comfy", PromptSyntax::comfy}},
                           "How brackets in the prompt are read: a1111 (default) or comfy");
  add_choice<NoiseSource>(app, "--noise", r.noise, {{"cpu", NoiseSource::cpu}, {"gpu", NoiseSource::gpu}},
                          "Whose noise a seed stands for: PyTorch's on a CPU (default), or on an NVIDIA card as A1111");
}

void add_variations(CLI::App& app, GenerateOptions& o) {
  Request& r = o.request;
  add_value(app, "--variation-strength", r.variation_strength, parse_number<double>, "a number from 0 to 1",
            "Variations of one picture: how far its noise is turned to another seed's (default: 0)")
      ->type_name("X");
  add_value(app, "--variation-seed", r.variation_seed, parse_seed, "a whole number from 0 to 18446744073709551615",
            "That seed, of the first picture (default: random)")
      ->type_name("N");
  add_value(app, "--seed-resize", o.seed_resize, parse_size, "WIDTHxHEIGHT, such as 512x512",
            "Size of the picture whose noise lies in the middle of this one's")
      ->type_name("WxH");
  add_value(
      app, "--tiling", r.tile_x,
      [&r](const std::string& edges) {
        r.tile_y = edges == "y" || edges == "xy";
        const bool is_known = edges == "x" || edges == "y" || edges == "xy" || edges == "none";
        return is_known ? std::optional(edges == "x" || edges == "xy") : std::nullopt;
      },
      "x, y, xy or none", "A picture that fits to itself: side by side (x), one above the other (y), or both")
      ->type_name("x|y|xy");
  add_value(app, "--ensd", r.noise_seed_delta, parse_seed, "a whole number from 0 to 18446744073709551615",
            "A1111's eta noise seed delta: added to the seed for all noise but the first (default: 0)")
      ->type_name("N");
}

// Inpainting and outpainting, beyond --mask.
void add_mask_extras(CLI::App& app, Request& r) {
  add_choice<MaskFill>(app, "--mask-fill", r.mask_fill,
                       {{"original", MaskFill::original},
                        {"fill", MaskFill::fill},
                        {"noise", MaskFill::noise},
                        {"nothing", MaskFill::nothing}},
                       "What lies under the mask at the beginning: original (default), fill (the colours around it), "
                       "noise, or nothing");
  app.add_flag("--mask-invert", r.invert_mask, "Draw where the mask is black");
  app.add_flag("--only-masked", r.only_masked,
               "Draw the mask's surroundings at full size and put them back: for small details");
  add_whole(app, "--mask-padding", r.masked_padding, "Pixels around the mask that --only-masked sees (default: 32)");
  add_value(app, "--outpaint", r.outpaint, parse_margins, "left=64,right=64,top=64,bottom=64, some of them, or 64",
            "Grow the picture by so many pixels a side")
      ->type_name("SIDES");
}

void add_pictures(CLI::App& app, GenerateOptions& o) {
  Request& r = o.request;
  app.add_option("-i,--init", o.init, "Image-to-image: a PNG, JPEG or WebP to begin with")->type_name("FILE");
  add_value(app, "--strength", r.strength, parse_number<double>, "a number above 0, at most 1",
            "How much of it is made anew (default: 0.75)")
      ->type_name("X");
  app.add_option("--mask", o.mask, "Inpainting: a picture of the same size, white where to draw")->type_name("FILE");
  add_whole(app, "--mask-blur", r.mask_blur, "Pixels over which the mask's edge is soft (default: 4)");
  add_mask_extras(app, r);
  add_value(app, "--hires", r.hires, parse_factor, "a factor above 1 such as 2x",
            "Hires fix: a second pass at so many times the size")
      ->type_name("2x");
  add_value(app, "--hires-strength", r.hires_strength, parse_number<double>, "a number above 0, at most 1",
            "How much the second pass makes anew (default: 0.5)")
      ->type_name("X");
  add_whole(app, "--hires-steps", r.hires_steps, "Steps of the second pass (default: the strength's share)");
  add_value(app, "--hires-upscaler", r.hires_upscaler, hires_upscaler_called,
            "picture, latent, latent-bicubic, latent-bicubic-antialiased, latent-nearest or latent-nearest-exact",
            "What is enlarged: the picture (default), or the latent, as A1111 does it")
      ->type_name("HOW");
  add_value(app, "--image-cfg", r.image_cfg, parse_number<double>, "a number such as 1.5",
            "How closely pix2pix follows its picture (default: 1.5)")
      ->type_name("X");
}

CLI::Option* add_from(CLI::App& app, GenerateOptions& o) {
  return app
      .add_option_function<std::string>(
          "--from",
          [&o](const std::string& path) {
            o.from = path;
            auto recipe = load_recipe(path);
            if (!recipe) return static_cast<void>(o.recipe_error = recipe.error());
            o.recipe = std::move(recipe).value();
            o.request = o.recipe->request;
          },
          "A picture (PNG, JPEG, WebP; of this program, A1111, ComfyUI and others) whose settings are used again; "
          "flags "
          "and a prompt beside it replace them")
      ->type_name("FILE");
}

void add_output(CLI::App& app, GenerateOptions& o) {
  app.add_option("-o,--output", o.output, "File, folder, or - for standard output (default: this folder)")
      ->type_name("PATH");
  const std::map<std::string, ImageFormat> formats = {
      {"png", ImageFormat::png}, {"jpeg", ImageFormat::jpeg}, {"jpg", ImageFormat::jpeg}, {"webp", ImageFormat::webp}};
  add_value(
      app, "--format", o.format,
      [formats](const std::string& name) {
        const auto found = formats.find(name);
        return found == formats.end() ? std::optional<ImageFormat>() : found->second;
      },
      "one of png|jpeg|webp", "Picture format (default: by the ending of -o, else png)")
      ->type_name("png|jpeg|webp");
  add_whole(app, "--quality", o.quality, "Of JPEG and WebP, 1 to 100; a WebP of 100 is lossless (default: 90)");
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
  add_precision(app, o.engine.precision);
  add_memory(app, o.engine.memory_limit);
}

}  // namespace

void add_flags(CLI::App& app, GenerateOptions& options) {
  // First: values are taken over in the order of these lines, so that every flag replaces what the picture says.
  CLI::Option* from = add_from(app, options);
  CLI::Option* prompt = app.add_option("prompt", options.prompt,
                                       "What to draw; - reads it from standard input; may be left out with --from");
  prompt->required();
  from->each([prompt](const std::string&) { prompt->required(false); });
  app.add_option("-m,--checkpoint", options.checkpoint, "Checkpoint: a name, a file, or auto (default)")
      ->type_name("NAME|FILE");
  add_loras(app, options.loras);
  app.add_flag("--auto-loras", options.auto_loras, "Also put on the LoRAs that the prompt asks for, with -m auto");
  add_embeddings(app, options.request.embeddings);
  add_prompt_files(app, options.request);
  app.add_option("--vae", options.vae,
                 "A VAE, or a tiny one (TAESD), in place of the checkpoint's; own: that of its file, whatever is set")
      ->type_name("NAME|FILE");
  app.add_flag("--vae-tiling", options.request.vae_tiling,
               "Run the VAE in bands: half the memory, the same picture (done by itself where memory is short)");
  app.add_flag("--commercial", options.request.commercial,
               "Refuse models whose licence does not plainly allow commercial use");
  add_settings(app, options);
  add_variations(app, options);
  add_pictures(app, options);
  add_output(app, options);
}

}  // namespace pxf::cli
