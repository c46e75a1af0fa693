// Pictures as files: written with what made them inside, and read back as a request that makes them again.
//
//   pxf::save_picture(picture, "apple.webp", {.format = pxf::ImageFormat::webp});
//   auto recipe = pxf::load_recipe("apple.webp");   // of this program, A1111, ComfyUI, InvokeAI and others
//   auto again = engine.generate(checkpoint, recipe.value().request);
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pixelforge/engine.h"
#include "pixelforge/error.h"
#include "pixelforge/request.h"

namespace pxf {

enum class ImageFormat : std::uint8_t { png, jpeg, webp };

struct Encoding {
  ImageFormat format = ImageFormat::png;
  int quality = 90;  // of JPEG and WebP, 1 to 100; a WebP of 100 is lossless
};

/// By the ending of a name, ".jpg" or ".JPEG"; none for any other ending, and for none.
std::optional<ImageFormat> format_of_name(const std::filesystem::path& path);

/// Whether a plan's pictures can be written so: to be asked before they are drawn. Error: invalid_argument (a quality;
/// sides or parameters that the format does not hold).
Status check_encoding(const Plan& plan, const Encoding& encoding);

/// The picture as a file, its parameters inside as A1111 and its kin read them: a PNG's text chunk, Exif's UserComment
/// in a JPEG or WebP. Errors: those of check_encoding; out_of_memory.
Result<std::vector<std::byte>> encode_picture(const Picture& picture, const Encoding& encoding = {});
/// Writes it aside and renames it: a reader sees nothing or all of it. Errors: also no_space, io, not_found.
Status save_picture(const Picture& picture, const std::filesystem::path& path, const Encoding& encoding = {});

/// What a picture's metadata say of how it was made. Names and numbers are the file's, which may be hostile: a request
/// is checked as any other is.
struct PictureRecipe {
  std::string program;          // that wrote it: "PixelForge 0.1.0", "A1111 or its kin", "ComfyUI" ...
  Request request;              // LoRAs in the prompt stay there; `loras` are those that stand elsewhere
  std::string checkpoint;       // its name; empty where nothing says
  std::string checkpoint_hash;  // the first digits of its file's sha256, or its AutoV1, likewise
  std::string vae;              // the file of another VAE than the checkpoint's own, likewise
  std::map<std::string, std::string> lora_hashes = {};  // as in LoraPlan, by name
  bool needs_picture = false;                           // it began with another picture, which is not in the file
  std::vector<std::string> lost = {};                   // "Face restoration: CodeFormer": what nothing here repeats
};

/// Of a PNG, JPEG or WebP. Known are the metadata of PixelForge, A1111 and Forge, stable-diffusion.cpp, ComfyUI,
/// InvokeAI, SwarmUI, Fooocus and NovelAI. Errors: unsupported (no picture, or none of these in it), bad_file; for a
/// path also not_found, io.
Result<PictureRecipe> read_recipe(std::span<const std::byte> file);
Result<PictureRecipe> load_recipe(const std::filesystem::path& path);

/// A prompt and the <lora:NAME:...> that stood in it.
struct PromptAndLoras {
  std::string prompt;
  std::vector<LoraUse> loras;
};
PromptAndLoras take_loras(const std::string& prompt);

/// "left=64,top=32", or "64" for all sides, as parameters and the command line have it; none for anything else.
std::optional<Margins> parse_margins(std::string_view text);

}  // namespace pxf
