// The flags of `generate`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/arguments.h"
#include "cli/terminal_picture.h"
#include "pixelforge/engine.h"

namespace pxf::cli {

struct GenerateOptions {
  Request request;  // without the size
  std::optional<Size> size;
  std::string checkpoint = "auto";
  std::string vae;         // a file; empty: the checkpoint's own
  std::string init, mask;  // files
  std::string output;
  PictureStyle picture = PictureStyle::automatic;
  EngineOptions engine;
  bool json = false, explain = false, quiet = false;
};

/// `options` outlives the parsing.
void add_flags(CLI::App& app, GenerateOptions& options);

}  // namespace pxf::cli
