// A LoRA's file, opened and read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/embeddings.h"
#include "pixelforge/error.h"
#include "weights/adapters/adapter.h"
#include "weights/adapters/adapter_family.h"

namespace pxf {

struct LoraFile {
  std::string name;  // without folder and ending
  std::string hash;  // A1111's AutoV3; empty for what is no safetensors file
  std::shared_ptr<const Adapter> adapter;
  AdapterFamily family;
  std::vector<NamedEmbedding> embeddings;
  std::string license;
};

/// One in the program or the library by its name, a file, or PEFT's folder. Reads all of it.
/// Errors: not_found, io, bad_file, unsupported (what the file is instead).
Result<LoraFile> open_lora(const std::string& name_or_path);

struct NamedLicence {
  std::string name, licence;  // of a model; the licence may be empty
};
/// What pictures with it will be judged by, from the header alone. Errors: those of open_lora that show there.
Result<NamedLicence> read_lora_licence(const std::string& name_or_path);

/// How strong it is to be where nobody says: by its user, else by files beside it.
std::optional<double> preferred_strength(const std::string& name_or_path);

/// Tells one state of a file from another without reading it: the name, the time of the last change, the length, the
/// licence that the library has for it.
std::string stamp_of(const std::string& name_or_path);

/// PEFT's settings of an adapter: what lies beside it as adapter_config.json, or what diffusers keeps in its metadata.
/// Empty when there are none.
AdapterConfig config_of(const Catalog& file);

}  // namespace pxf
