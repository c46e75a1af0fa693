// Which files of a folder are models, by their names: those of A1111's and ComfyUI's trees and of any other.
#pragma once

#include <filesystem>
#include <vector>

namespace pxf {

struct Scanned {
  std::vector<std::filesystem::path> models;   // sorted, each once
  std::vector<std::filesystem::path> folders;  // that were looked into
};

/// Model files, indexes of shards and diffusers folders under the roots. Links to folders are followed, each
/// folder once. Not looked into: hidden folders and what programs keep of their own (venv, node_modules); in the folder
/// of a whole A1111 or ComfyUI only where it keeps models. What cannot be read is as if it were not there.
Scanned scan_for_models(const std::vector<std::filesystem::path>& roots);

}  // namespace pxf
