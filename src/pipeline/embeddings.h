// The textual inversion embeddings of a request: found by name, read, checked against the checkpoint's text encoders.
// A name in a prompt finds, in this order: what the request gives (files, folders, names of the library), what its
// LoRAs bring along, what the library has.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/family.h"
#include "pixelforge/engine.h"
#include "text/prompt_embeddings.h"
#include "weights/textual_inversion.h"

namespace pxf {

struct NamedEmbedding {
  std::string name;  // as a prompt names it: the file's, without folder and ending
  std::string hash;  // A1111's: the beginning of the file's sha256; empty for those inside another file
  std::shared_ptr<const TextualInversion> vectors;
  std::string license = {};
};

/// Those that a LoRA's file brings along. Throws Failure(bad_file).
std::vector<NamedEmbedding> read_bundled_embeddings(const Catalog& lora);

/// What prompts are encoded with.
struct Embeddings {
  std::vector<PromptEmbedding> words;      // two of the same ids where a file has a token besides its name
  std::vector<std::vector<float>> tables;  // of each text encoder: the vectors of all, (n, width)
  std::vector<EmbeddingPlan> plans;
};

/// Those that the pictures' `prompts` and the negative one name, and with a reason those that it gives and that are not
/// used. Errors: not_found (with the nearest name), io, bad_file; unsupported for what is no embedding, and for one of
/// another width than the checkpoint's, with both named: unless its name is but a word of the prompt that is also in
/// the library.
Result<Embeddings> find_embeddings(const ModelInfo& info, const Model& model, const Request& request,
                                   const std::vector<std::string>& prompts,
                                   const std::vector<NamedEmbedding>& of_loras);

}  // namespace pxf
