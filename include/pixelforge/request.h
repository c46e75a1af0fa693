// What to draw. Whatever is not said comes from the checkpoint's own recommendation, then from its family.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pixelforge/guidance.h"
#include "pixelforge/image.h"
#include "pixelforge/level.h"
#include "pixelforge/shortcuts.h"

namespace pxf {

/// Where the noise comes from: as PyTorch makes it on a CPU (ComfyUI, diffusers; A1111's "CPU") or on an NVIDIA card
/// (A1111's default). The same seed gives different pictures under each.
enum class NoiseSource : std::uint8_t { cpu, gpu };

/// A LoRA, or another adapter (LyCORIS, PEFT), on the checkpoint's weights for one request.
struct LoraUse {
  std::string name = {};  // of one in the program ("neon"), or a file
  /// Of its change to the UNet, -100 to 100; 0: none. Not given: LoraInfo::preferred_strength, else 1.
  std::optional<double> strength = {};
  std::optional<double> text_strength = {};  // of its change to the text encoders; as `strength` when not given
  double start = 0, stop = 1;                // the share of the steps in which it acts on the UNet, 0 to 1
  /// Factors of its strength in each block, as sd-webui-lora-block-weight writes them: "1,0,0,0.5,…" of 12, 17, 20 or
  /// 26 numbers, or a name such as MIDD; empty: 1 everywhere.
  std::string blocks = {};
};

/// How brackets in a prompt are read: as A1111 does (weights, [a:b:0.5], [a|b], AND, BREAK), or as ComfyUI (weights).
enum class PromptSyntax : std::uint8_t { a1111, comfy };

/// What lies under a mask at the beginning: the picture, the colours around the mask, random latents, or zeros.
/// (A1111's "original", "fill", "latent noise" and "latent nothing".)
enum class MaskFill : std::uint8_t { original, fill, noise, nothing };

/// What hires fix enlarges: the finished picture, or the latent, in A1111's ways to do it (its "Latent (antialiased)"
/// is `latent`).
enum class HiresUpscaler : std::uint8_t {
  picture,
  latent,  // bilinear
  latent_bicubic,
  latent_bicubic_antialiased,
  latent_nearest,
  latent_nearest_exact
};

/// What shall be told of a picture beside it: the latent and the work it took, or also how well the network finds the
/// prompt in it, which takes eight evaluations more (Picture::measured).
enum class Measuring : std::uint8_t { nothing, run, prompt };

/// Pixels that a picture grows by at each side.
struct Margins {
  int left = 0, right = 0, top = 0, bottom = 0;
  bool any() const noexcept { return left != 0 || right != 0 || top != 0 || bottom != 0; }
};

struct Request {
  std::string prompt = {};
  std::string negative = {};
  bool preset_negative = true;  // where it is empty, the checkpoint's recommended one; false: then there is none
  std::optional<int> width = {}, height = {};  // pixels, multiples of 8
  Level level = Level::balanced;               // of what is not said of sampler, scheduler, steps and CFG scale
  std::optional<int> steps = {};               // 1 to 10,000
  std::optional<double> cfg_scale = {};        // classifier-free guidance; 1: off, one evaluation a step
  Guidance guidance = {};                      // what else leads the picture
  std::optional<Shortcuts> shortcuts = {};    // work to leave out; none unless the user has set some for the checkpoint
  std::optional<std::string> sampler = {};    // any name that A1111, ComfyUI, diffusers or stable-diffusion.cpp uses
  std::optional<std::string> scheduler = {};  // likewise
  std::optional<std::uint64_t> seed = {};     // of the first picture, the k-th has seed + k; random when not given
  int count = 1;                              // pictures, 1 to 1,000
  std::optional<int> clip_skip = {};          // 1: the text encoder's last layer, 2: the one before
  NoiseSource noise = NoiseSource::cpu;
  std::vector<LoraUse> loras = {};  // applied in this order, after those in the prompt (<lora:neon:0.8>)
  PromptSyntax syntax = PromptSyntax::a1111;
  /// Textual inversion embeddings that the prompts may name, besides those in the library: files, folders of them,
  /// names. A prompt names one by a word ("easynegative"), in ComfyUI's syntax after a prefix
  /// ("embedding:easynegative").
  std::vector<std::string> embeddings = {};
  /// Styles by name, laid around both prompts one after another, and the file that has them: A1111's styles.csv; empty:
  /// that of the library's folder.
  std::vector<std::string> styles = {};
  std::string styles_file = {};
  /// The folder of wildcards: "__animals/cat__" in the prompt becomes a line of its animals/cat.txt, which the seed
  /// chooses. Empty: "wildcards" in the library's folder.
  std::string wildcards = {};

  /// Variations of a picture: its noise, turned so far, 0 to 1, towards that of another seed. Then every picture has
  /// the same `seed`, and the k-th variation_seed + k (random when not given).
  double variation_strength = 0;
  std::optional<std::uint64_t> variation_seed = {};
  /// The noise of a picture of this size lies in the middle of this one's: much the same picture with more around it.
  std::optional<int> seed_resize_width = {}, seed_resize_height = {};
  bool tile_x = false, tile_y = false;  // edges that fit to the opposite ones, left to right, top to bottom
  std::uint64_t noise_seed_delta = 0;   // added to the seed for what samplers draw after the first noise (A1111's ENSD)

  /// Image-to-image: the picture to begin with, cropped to the shape and scaled to the size of the result. Where no
  /// size is given, its own, brought near the checkpoint's. A pix2pix checkpoint takes the picture it is to change
  /// here.
  std::optional<Image> init = {};
  double strength = 0.75;          // how much of it is made anew, above 0, at most 1
  std::optional<Image> mask = {};  // of init's size: white is made anew, black is kept byte for byte
  int mask_blur = 4;               // pixels of the result over which the mask's edge goes from one to the other
  MaskFill mask_fill = MaskFill::original;
  bool invert_mask = false;  // black is made anew
  /// The mask's surroundings, so many pixels around it, are cut out, drawn at width x height and put back where the
  /// mask is: details that are small in the picture. The result has init's size.
  bool only_masked = false;
  int masked_padding = 32;
  Margins outpaint = {};  // init grows by these, which are made anew; the result has the size that comes of it
  /// Hires fix: the first pass's result, so many times as wide and high, is the beginning of a second one. Not with
  /// init. An enlarged latent is soft and needs a strength above 0.5 or so to become sharp.
  std::optional<double> hires = {};     // above 1, at most 8
  double hires_strength = 0.5;          // how much of it is made anew, above 0, at most 1
  std::optional<int> hires_steps = {};  // as many as the strength's share of the steps where not given
  HiresUpscaler hires_upscaler = HiresUpscaler::picture;

  double image_cfg = 1.5;  // of a pix2pix checkpoint: how closely to follow the picture

  /// Refuses models whose licence, as it is read here (licence.h), does not plainly allow commercial use.
  bool commercial = false;

  /// The VAE computes its layers in bands of rows: half the memory, a little slower, the very same picture.
  /// Done without asking where memory would not hold the whole.
  bool vae_tiling = false;
  /// Progress carries a small picture of what is to come. Changes nothing of the result, takes at most a fiftieth of
  /// the time.
  bool preview = false;
  Measuring measuring = Measuring::nothing;
  std::string preview_model = {};  // a tiny autoencoder (TAESD) that draws it, by file or name; empty: colours alone
};

}  // namespace pxf
