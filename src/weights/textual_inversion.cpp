#include "weights/textual_inversion.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "formats/in_quotes.h"

namespace pxf {
namespace {

constexpr std::int64_t kMostVectors = 75;  // that a prompt's row of 77 tokens has room for
constexpr std::int64_t kWidest = 65536;

struct KnownWidth {
  std::int64_t width;
  const char* family;
  const char* title;
};
// Of the text encoders CLIP ViT-L, OpenCLIP ViT-H and ViT-bigG. SDXL has the first and the last.
constexpr std::array kKnown{KnownWidth{768, "sd1", "SD 1.x"}, KnownWidth{1024, "sd2", "SD 2.x"},
                            KnownWidth{1280, "sdxl", "SDXL"}};

const KnownWidth* known(std::int64_t width) {
  const auto at = std::ranges::find(kKnown, width, &KnownWidth::width);
  return at == kKnown.end() ? nullptr : &*at;
}

std::int64_t width_of(const Shape& shape) { return shape.rank() == 0 ? 0 : shape.dim(-1); }

/// A file of one tensor and no known name is diffusers': the name is the token. Its brackets tell, or its width.
bool is_token(std::string_view name, const Shape& shape) {
  const bool in_brackets = name.size() > 2 && name.starts_with('<') && name.ends_with('>');
  return (shape.rank() == 1 || shape.rank() == 2) && (in_brackets || known(width_of(shape)) != nullptr);
}

std::vector<std::string> table_names(const Catalog& names) {
  std::vector<std::string> out;
  for (const char* name : {"clip_l", "clip_g"}) {
    if (names.has(name)) out.emplace_back(name);
  }
  if (!out.empty()) return out;
  if (names.has("emb_params")) return {"emb_params"};
  const auto all = names.names();
  for (const std::string_view name : all) {
    if (name.starts_with("string_to_param.")) return {std::string(name)};
  }
  if (all.size() == 1 && is_token(all[0], names.shape(all[0]))) return {std::string(all[0])};
  return {};
}

TextualInversion::Table read_table(const Weight& weight, std::int64_t vectors) {
  TextualInversion::Table table;
  table.width = width_of(weight.shape());
  table.values.resize(static_cast<std::size_t>(vectors * table.width));
  weight.read_f32(0, table.values);
  return table;
}

}  // namespace

bool is_textual_inversion(const Catalog& names) { return !table_names(names).empty(); }

EmbeddingFamily embedding_family(const Catalog& names) {
  const auto tables = table_names(names);
  if (tables.empty()) return {};
  // Of SDXL's two the last one tells: CLIP's is as wide as SD 1.x's.
  const KnownWidth* of = known(width_of(names.shape(tables.back())));
  return of == nullptr ? EmbeddingFamily{} : EmbeddingFamily{of->family, of->title};
}

TextualInversion read_textual_inversion(const Catalog& names) {
  const auto refuse = [&](std::string_view tensor, const std::string& why) {
    throw Failure(
        Error{ErrorCode::bad_file, fmt::format("embedding {}: {}", in_quotes(tensor), why), names.source().name()});
  };
  const auto tables = table_names(names);
  if (tables.empty()) refuse("", "got no vectors; need string_to_param, emb_params, clip_l and clip_g, or one <token>");
  TextualInversion out;
  out.made_for = embedding_family(names);
  if (tables[0].starts_with('<')) out.token = tables[0];
  for (const std::string& name : tables) {
    const Weight weight = names.weight(name);
    const Shape& shape = weight.shape();
    if (shape.rank() < 1 || shape.rank() > 2 || width_of(shape) < 1 || width_of(shape) > kWidest) {
      refuse(name, fmt::format("got shape {}, need (vectors, width)", shape.text()));
    }
    const std::int64_t vectors = shape.rank() == 1 ? 1 : shape.dim(0);
    if (vectors < 1 || vectors > kMostVectors) {
      refuse(name, fmt::format("got {} vectors, need 1 to {}: a row of a prompt has no room for more", vectors,
                               kMostVectors));
    }
    if (!out.tables.empty() && vectors != out.vectors) {
      refuse(name, fmt::format("got {} vectors, need {} as in {}", vectors, out.vectors, in_quotes(tables[0])));
    }
    out.vectors = vectors;
    out.tables.push_back(read_table(weight, vectors));
    if (!std::ranges::all_of(out.tables.back().values, [](float v) { return std::isfinite(v); })) {
      refuse(name, "holds NaN or infinity; the file is damaged: pull or copy it again");
    }
  }
  return out;
}

std::vector<std::string> bundled_embeddings(const Catalog& file) {
  std::vector<std::string> out;
  for (std::string_view name : file.names()) {
    if (!name.starts_with(kBundledEmbeddings)) continue;
    name.remove_prefix(std::string_view(kBundledEmbeddings).size());
    const auto dot = name.find('.');
    if (dot == name.npos || dot == 0) continue;
    const std::string_view embedding = name.substr(0, dot);
    if (out.empty() || out.back() != embedding) out.emplace_back(embedding);  // the names are sorted
  }
  return out;
}

}  // namespace pxf
