// What a picture's metadata say of how it was made, in the words of A1111's parameters, whoever wrote them: every
// program's reader only translates, and one place turns the words into a request (recipe.h).
// All of it is outside bytes: whatever they are, a reader gives claims or none, in linear time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "image/parameters.h"
#include "image/png_text.h"
#include "pixelforge/request.h"

namespace pxf {

struct Claims {
  std::string program;
  Parameters said = {};                // fields under A1111's names
  std::vector<LoraUse> loras = {};     // beside those in the prompt
  std::vector<std::string> lost = {};  // what A1111 has no word for
  PromptSyntax syntax = PromptSyntax::a1111;
  NoiseSource noise = NoiseSource::cpu;  // where no field says
  std::string scheduler = {};            // likewise; empty: the checkpoint's own
  bool names_are_a1111s = false;         // where others mean something else by a sampler's or a schedule's name
  bool needs_picture = false;
};

/// Each gives none for metadata of other programs.
using ClaimsReader = std::optional<Claims>(std::span<const TextEntry> entries);
ClaimsReader read_a1111;    // A1111, Forge, PixelForge, stable-diffusion.cpp
ClaimsReader read_comfyui;  // the graph under "prompt"
ClaimsReader read_invokeai, read_swarmui, read_fooocus, read_novelai;

/// The text under a keyword; null where there is none.
const std::string* text_of(std::span<const TextEntry> entries, std::string_view keyword);

}  // namespace pxf
