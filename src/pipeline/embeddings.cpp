#include "pipeline/embeddings.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/error.h"
#include "formats/open.h"
#include "pipeline/library_names.h"
#include "pipeline/licences.h"
#include "store/file_hash.h"
#include "store/home.h"
#include "text/clip_tokenizer.h"
#include "text/prompt_networks.h"
#include "weights/recognise.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashDigits = 12;  // of A1111's short hashes
constexpr std::size_t kMostEmbeddings = 1000;

/// One that a prompt might name.
struct Candidate {
  std::string name;
  fs::path path = {};                                    // unless it is read
  std::shared_ptr<const TextualInversion> vectors = {};  // of a LoRA's
  bool asked_for = true;                                 // by name or file, so that it must fit
  std::string license = {};                              // as the library has it
};

NamedEmbedding read_embedding(const Candidate& candidate) {
  auto source = open_tensors(candidate.path);
  if (!source) throw Failure(std::move(source).error());
  const Catalog file(std::move(source).value());
  if (!is_textual_inversion(file)) {
    const Recognised what = recognise(file);
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("is {}{}, need a textual inversion embedding",
                                    what.kind == FileKind::unknown ? "something else" : "a ",
                                    what.kind == FileKind::unknown ? "" : to_string(what.kind)),
                        candidate.path.string()});
  }
  NamedEmbedding out{candidate.name,
                     {},
                     std::make_shared<const TextualInversion>(read_textual_inversion(file)),
                     candidate.license.empty() ? licence_of(file, candidate.path) : candidate.license};
  if (const auto digest = sha256_of_file(candidate.path, nullptr)) out.hash = digest.value().substr(0, kHashDigits);
  return out;
}

bool is_embedding_file(const fs::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".pt" || ending == ".bin" || ending == ".safetensors";
}

// Looks through a request's prompts.
class Finder {
 public:
  Finder(const ModelInfo& info, const Model& model, const Request& request, const std::vector<std::string>& prompts)
      : info_(info), model_(model), request_(request) {
    out_.tables.resize(model.texts.size());
    std::set<std::string_view> different(prompts.begin(), prompts.end());
    different.insert(request.negative);
    for (const std::string_view prompt : different) {
      texts_.push_back(cut_networks(prompt).prompt);
      if (!is_comfy()) continue;
      for (std::string& name : comfy_embeddings(texts_.back())) names_.push_back(std::move(name));
    }
  }

  Embeddings run(const std::vector<NamedEmbedding>& of_loras) {
    require(request_.embeddings.size() <= kMostEmbeddings, "embeddings: got {}, need at most {}",
            request_.embeddings.size(), kMostEmbeddings);
    for (const std::string& one : request_.embeddings) add_requested(one);
    for (const NamedEmbedding& one : of_loras) {
      if (is_named(one.name)) use(one, {.name = one.name, .asked_for = false});
    }
    add_library();
    check_all_found();
    return std::move(out_);
  }

 private:
  bool is_comfy() const { return request_.syntax == PromptSyntax::comfy; }

  bool is_named(const std::string& name) const {
    if (is_comfy()) {
      const PromptEmbedding word{name};
      return std::ranges::any_of(names_, [&](const std::string& n) {
        return find_embedding({&word, 1}, n) != nullptr;
      });
    }
    return std::ranges::any_of(texts_, [&](const std::string& text) { return names_embedding(text, name); });
  }

  void add_requested(const std::string& name_or_path) {
    std::error_code none;
    if (fs::is_directory(name_or_path, none)) return add_folder(name_or_path);
    if (!means_a_file(name_or_path)) {
      if (const auto named = value_or_throw(find_in_library(name_or_path))) {
        return add_file({.name = named->record.name, .path = named->path, .license = named->record.license});
      }
      if (!fs::exists(name_or_path, none)) {
        throw Failure(with_near_names({ErrorCode::not_found,
                                       "is no file or folder, and no name in the library; give an "
                                       "embedding's file, or a folder of them",
                                       name_or_path},
                                      name_or_path, "embeddings", {}));
      }
    }
    add_file({.name = fs::path(name_or_path).stem().string(), .path = name_or_path});
  }

  /// Only what the prompts name is opened: folders may be large.
  void add_folder(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (const auto& entry : fs::recursive_directory_iterator(folder, failed)) {
      if (entry.is_regular_file(failed) && is_embedding_file(entry.path())) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (const fs::path& file : files) {
      const std::string name = file.stem().string();
      if (is_named(name)) add_file({.name = name, .path = file, .asked_for = is_comfy()});
    }
  }

  void add_library() {
    Store store(library_home());
    const auto records = store.list();
    if (!records) return;  // a damaged library keeps no picture from being drawn
    for (const Record& record : records.value()) {
      if (record.kind != to_string(FileKind::embedding) || !is_named(record.name)) continue;
      add_file(
          {.name = record.name, .path = store.file_of(record), .asked_for = is_comfy(), .license = record.license});
    }
  }

  void add_file(const Candidate& candidate) {
    if (find_embedding(out_.words, candidate.name) != nullptr) return;  // the first of a name counts
    use(read_embedding(candidate), candidate);
  }

  void use(const NamedEmbedding& embedding, const Candidate& from) {
    if (find_embedding(out_.words, embedding.name) != nullptr) return;
    const TextualInversion& vectors = *embedding.vectors;
    EmbeddingPlan plan{embedding.name, vectors.vectors, embedding.hash, {}, embedding.license};
    const bool by_token = !is_comfy() && !vectors.token.empty() && is_named(vectors.token);
    if (!by_token && !is_named(embedding.name)) {
      plan.left_out = fmt::format("no prompt names it; write {} where it belongs", word_for(embedding));
    } else if (const std::string misfit = add_tables(vectors); !misfit.empty()) {
      if (from.asked_for) {
        throw Failure(Error{ErrorCode::unsupported, misfit, from.path.empty() ? embedding.name : from.path.string()});
      }
      plan.left_out = misfit;
    } else {
      out_.words.push_back({embedding.name, next_id_, static_cast<std::int32_t>(vectors.vectors)});
      if (!vectors.token.empty()) {
        out_.words.push_back({vectors.token, next_id_, static_cast<std::int32_t>(vectors.vectors)});
      }
      next_id_ += static_cast<std::int32_t>(vectors.vectors);
    }
    out_.plans.push_back(std::move(plan));
  }

  std::string word_for(const NamedEmbedding& embedding) const {
    return fmt::format("{}{}", is_comfy() ? "embedding:" : "", embedding.name);
  }

  /// Which of its tables an encoder takes; none of the right width: null.
  const TextualInversion::Table* table_for(const TextualInversion& vectors, std::size_t encoder) const {
    const std::int64_t width = model_.texts[encoder]->width();
    if (vectors.tables.size() == model_.texts.size()) {
      const auto& table = vectors.tables[encoder];
      return table.width == width ? &table : nullptr;
    }
    if (model_.texts.size() > 1) return nullptr;  // one of SD 1.x: half of SDXL would do without it
    const auto at = std::ranges::find(vectors.tables, width, &TextualInversion::Table::width);
    return at == vectors.tables.end() ? nullptr : &*at;
  }

  /// Why it does not fit; empty when its vectors are now in the tables.
  std::string add_tables(const TextualInversion& vectors) {
    std::vector<const TextualInversion::Table*> tables;
    for (std::size_t i = 0; i < model_.texts.size(); ++i) tables.push_back(table_for(vectors, i));
    if (std::ranges::find(tables, nullptr) != tables.end()) return misfit(vectors);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      out_.tables[i].insert(out_.tables[i].end(), tables[i]->values.begin(), tables[i]->values.end());
    }
    return {};
  }

  std::string misfit(const TextualInversion& vectors) const {
    std::vector<std::int64_t> got, need;
    for (const auto& table : vectors.tables) got.push_back(table.width);
    for (const auto& text : model_.texts) need.push_back(text->width());
    const std::string& made_for = vectors.made_for.title;
    return fmt::format(
        "is an embedding{} with vectors of {} numbers, the checkpoint {} is {} and takes {}; use one made "
        "for {}",
        made_for.empty() ? "" : " for " + made_for, fmt::join(got, " and "), info_.name, info_.title,
        fmt::join(need, " and "), info_.title);
  }

  /// ComfyUI's grammar says of a word that it is an embedding: then it must be one.
  void check_all_found() const {
    for (const std::string& name : names_) {
      if (find_embedding(out_.words, name) != nullptr) continue;
      throw Failure(with_near_names({ErrorCode::not_found,
                                     "is named as an embedding in the prompt, and there is none; "
                                     "give its file or folder with --embedding, or import it",
                                     name},
                                    name, "embeddings", {}));
    }
  }

  const ModelInfo& info_;
  const Model& model_;
  const Request& request_;
  std::vector<std::string> texts_;  // without <lora:...>
  std::vector<std::string> names_;  // ComfyUI's "embedding:NAME"
  Embeddings out_;
  std::int32_t next_id_ = ClipTokenizer::kVocabulary;
};

}  // namespace

std::vector<NamedEmbedding> read_bundled_embeddings(const Catalog& lora) {
  std::vector<NamedEmbedding> out;
  for (const std::string& name : bundled_embeddings(lora)) {
    const Catalog one = lora.under(kBundledEmbeddings + name);
    out.push_back({name, {}, std::make_shared<const TextualInversion>(read_textual_inversion(one)), {}});
  }
  return out;
}

Result<Embeddings> find_embeddings(const ModelInfo& info, const Model& model, const Request& request,
                                   const std::vector<std::string>& prompts,
                                   const std::vector<NamedEmbedding>& of_loras) {
  return catch_errors([&] { return Finder(info, model, request, prompts).run(of_loras); });
}

}  // namespace pxf
