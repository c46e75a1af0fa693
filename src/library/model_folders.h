// Where other programs keep their models, as their settings say.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace pxf {

/// The folders that ComfyUI's extra_model_paths.yaml names, those that it calls default first; relative ones are taken
/// from its own folder. Errors: not_found, io, bad_file.
Result<std::vector<std::filesystem::path>> folders_of_yaml(const std::filesystem::path& file);

/// The folders that A1111 is started with: --ckpt-dir, --lora-dir and their like in COMMANDLINE_ARGS of the text of a
/// webui-user.sh or .bat. Relative ones are taken from `root`.
std::vector<std::filesystem::path> folders_of_command_line(std::string_view script, const std::filesystem::path& root);

/// What a user gives as a folder of models: a folder, a whole A1111 or ComfyUI with what its settings add, or such a
/// yaml. Errors: not_found; io and bad_file of a yaml.
Result<std::vector<std::filesystem::path>> model_folders(const std::filesystem::path& given);

}  // namespace pxf
