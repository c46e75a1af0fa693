// Textual inversion embeddings: vectors that a prompt's word stands for in place of its tokens' own. Gal et al. 2022,
// "An Image is Worth One Word". However the file names them:
//   A1111            string_to_param.*               (n, width), width 768 for SD 1.x and 1024 for SD 2.x
//   its safetensors  emb_params                      the same
//   SDXL             clip_l (n, 768), clip_g (n, 1280)
//   diffusers        <token>                         (width) or (n, width)
//   inside a LoRA    bundle_emb.NAME. before any of these
// Not here: which words of a prompt are their names (text/prompt_embeddings.h).
#pragma once

#include <string>
#include <vector>

#include "weights/catalog.h"

namespace pxf {

/// That the widths of the vectors are of; empty for widths of no published text encoder.
struct EmbeddingFamily {
  std::string family, title;  // "sd1", "SD 1.x"
};

struct TextualInversion {
  struct Table {
    std::int64_t width = 0;
    std::vector<float> values;  // (vectors, width)
  };
  std::int64_t vectors = 0;
  std::vector<Table> tables;  // of each text encoder, in the order of SDXL's: one, or CLIP's and OpenCLIP's
  std::string token;          // diffusers' "<cat-toy>"; empty where the file has none
  EmbeddingFamily made_for;
};

/// Whether these are the names and shapes of an embedding. Reads no weights.
bool is_textual_inversion(const Catalog& names);
EmbeddingFamily embedding_family(const Catalog& names);

/// Reads the vectors. Throws Failure: bad_file (none, too many, NaN, tables that do not belong together).
TextualInversion read_textual_inversion(const Catalog& names);

/// Those that a LoRA's file brings along.
std::vector<std::string> bundled_embeddings(const Catalog& file);
/// What all their names begin with.
inline constexpr const char* kBundledEmbeddings = "bundle_emb.";

}  // namespace pxf
