// Which files of a folder are models, by their names: those of A1111's and ComfyUI's trees and of any other.
#pragma once

#include <filesystem>
#include <vector>

namespace pxf {

/// Model files, indexes of shards and diffusers folders under `root`, sorted. Links to folders are followed, each
/// folder once. Not looked into: hidden folders and what programs keep of their own (venv, node_modules); in the folder
/// of a whole A1111 or ComfyUI only where it keeps models. What cannot be read is as if it were not there.
std::vector<std::filesystem::path> scan_for_models(const std::filesystem::path& root);

}  // namespace pxf
