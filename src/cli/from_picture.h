// `generate --from PICTURE`: what made a picture, for all that the command line leaves open.
#pragma once

#include "cli/generate_options.h"
#include "json/json.h"

namespace pxf::cli {

/// Prompt, LoRAs, checkpoint and VAE; the other flags have replaced the picture's settings as they were parsed. Tells
/// on stderr what will not be as it was. Errors: those of load_recipe; not_found for a checkpoint that is not here.
Status fill_from_picture(GenerateOptions& options, Engine& engine);

/// An error of planning, with what to do where a LoRA of the picture is not here.
Error with_picture_hint(Error error, const GenerateOptions& options);

/// Tells of LoRAs that have the names but not the bytes of those that made the picture.
void notice_other_loras(const GenerateOptions& options, const Plan& plan);

Json to_json(const PictureRecipe& recipe);

/// For `inspect`.
void print_recipe(const PictureRecipe& recipe);

}  // namespace pxf::cli
