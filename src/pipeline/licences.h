// What the licences of all models behind a picture allow together.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/lora_file.h"
#include "pixelforge/engine.h"
#include "weights/catalog.h"

namespace pxf {

/// What a file says of its licence, or what stands beside it. `path` empty: of a file in the program.
std::string licence_of(const Catalog& file, const std::filesystem::path& path);

/// Of the checkpoint, its other VAE, the plan's LoRAs and the embeddings that are used.
std::vector<NamedLicence> licences_of(const Plan& plan);
/// The same, and of the LoRAs that variants and wildcards bring to later pictures. Throws Failure: those of
/// read_lora_licence.
std::vector<NamedLicence> licences_of_all_pictures(const Plan& plan, const std::vector<std::string>& prompts);

/// The strictest.
LicenceVerdict verdict_on(const std::vector<NamedLicence>& models);

/// Error: unsupported, with each model whose licence does not say yes to commercial use, and why.
Status check_commercial_use(const std::vector<NamedLicence>& models);

/// "no (neon: the licence forbids commercial use)"
std::string verdict_text(const LicenceVerdict& verdict);

/// "neon: CC0-1.0, sketch: MIT", of those that have one.
std::string lora_licences(const Plan& plan);

}  // namespace pxf
