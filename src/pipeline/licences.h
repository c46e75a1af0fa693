// What the licences of all models behind a picture allow together.
#pragma once

#include <filesystem>
#include <string>

#include "pixelforge/engine.h"
#include "weights/catalog.h"

namespace pxf {

/// What a file says of its licence, or what stands beside it. `path` empty: of a file in the program.
std::string licence_of(const Catalog& file, const std::filesystem::path& path);

/// Of the checkpoint, its other VAE, the LoRAs and the embeddings that are used: the strictest.
LicenceVerdict verdict_on(const Plan& plan);

/// Error: unsupported, with each model whose licence does not say yes to commercial use, and why.
Status check_commercial_use(const Plan& plan);

/// "no (neon: the licence forbids commercial use)"
std::string verdict_text(const LicenceVerdict& verdict);

/// "neon: CC0-1.0, sketch: MIT", of those that have one.
std::string lora_licences(const Plan& plan);

}  // namespace pxf
