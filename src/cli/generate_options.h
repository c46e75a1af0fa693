// The flags of `generate`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/terminal_picture.h"
#include "pixelforge/choose.h"
#include "pixelforge/engine.h"
#include "pixelforge/picture_file.h"

namespace pxf::cli {

struct GenerateOptions {
  Request request;  // without what follows
  std::optional<std::string> prompt;
  std::optional<Size> size, seed_resize;
  std::vector<LoraUse> loras;
  std::string checkpoint;  // empty: auto, or that of the picture
  bool auto_loras = false;
  std::optional<Choice> choice;  // where the checkpoint is chosen
  std::string vae;               // a file; empty: the checkpoint's own
  std::string init, mask;        // files
  std::string from;              // a picture; read as it is parsed, so that what follows on the command line wins
  std::optional<PictureRecipe> recipe;  // its settings, or why there are none
  std::optional<Error> recipe_error;
  std::string output;
  std::optional<ImageFormat> format;  // not said: by the ending of `output`, else PNG
  int quality = Encoding{}.quality;
  PictureStyle picture = PictureStyle::automatic;
  EngineOptions engine;
  bool json = false, explain = false, quiet = false;
};

/// NAME, NAME:STRENGTH or NAME:STRENGTH:TEXT_STRENGTH, then start=, stop= and lbw=; what is no number is part of the
/// name. Throws CLI::ValidationError.
LoraUse parse_lora(std::string text);

/// `options` outlives the parsing.
void add_flags(CLI::App& app, GenerateOptions& options);

}  // namespace pxf::cli
