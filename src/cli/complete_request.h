// From what was said on the command line to a request.
#pragma once

#include "cli/generate_options.h"

namespace pxf::cli {

/// A prompt that was given as "-" is read from standard input. Errors: io, cancelled.
Status read_prompt(GenerateOptions& options);

/// What stands beside the request while flags are parsed goes into it: prompt, LoRAs, sizes, pictures; and the
/// checkpoint is chosen where none was named. Errors: those of fill_from_picture, Library::choose and load_image.
Status complete_request(GenerateOptions& options, Engine& engine);

}  // namespace pxf::cli
