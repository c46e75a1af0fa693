#include "formats/diffusers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/file.h"
#include "formats/in_quotes.h"
#include "formats/joined_source.h"
#include "formats/open.h"
#include "formats/shards.h"
#include "formats/utf8_text.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kPipeline = "model_index.json";
constexpr std::size_t kMaxConfig = 1 << 20;  // bytes of a JSON file

std::vector<std::string> files_of(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored)) names.push_back(at->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

/// A file that holds, or is the index of, a model's weights.
struct Candidate {
  std::string file;
  bool bin = false, index = false;
  std::string variant{};  // "fp16"

  auto rank() const { return std::tuple(bin, !variant.empty(), variant != "fp16", variant, !index, file); }
};

/// "diffusion_pytorch_model.fp16.safetensors", "model.safetensors.index.fp16.json": words between dots, in any order.
std::optional<Candidate> candidate(const std::string& file) {
  Candidate out{.file = file};
  bool weights = false;
  for (std::size_t begin = std::min(file.find('.'), file.size()); begin < file.size();) {
    const std::size_t end = std::min(file.find('.', begin + 1), file.size());
    const std::string word = file.substr(begin + 1, end - begin - 1);
    begin = end;
    if (word == "safetensors" || word == "bin") {
      weights = true;
      out.bin = word == "bin";
    } else if (word == "index") {
      out.index = true;
    } else if (word != "json") {
      out.variant = word;
    }
  }
  if (!weights || file.ends_with(".json") != out.index) return std::nullopt;
  return out;
}

bool is_shard(const std::string& file) { return file.find("-of-") != std::string::npos; }

/// Nothing when the folder has no weights, or files of several models of which none has a usual name.
std::optional<std::string> choose_weights(const fs::path& folder) {
  constexpr std::string_view kUsual[] = {"diffusion_pytorch_model", "model", "pytorch_model"};
  std::vector<Candidate> usual, other;
  for (const std::string& file : files_of(folder)) {
    auto found = candidate(file);
    if (!found || (is_shard(file) && !found->index)) continue;
    const std::string_view stem = std::string_view(file).substr(0, file.find('.'));
    (std::ranges::find(kUsual, stem) != std::end(kUsual) ? usual : other).push_back(std::move(*found));
  }
  if (!usual.empty()) return std::ranges::min(usual, {}, &Candidate::rank).file;
  if (other.size() == 1) return other.front().file;
  return std::nullopt;
}

Result<std::shared_ptr<const TensorSource>> open_weights(const fs::path& path) {
  return path.extension() == ".json" ? open_shards(path) : open_tensor_file(path);
}

/// Under the path within the folder; nothing when there is no such file, or it is too long.
void add_config(TensorSource::Metadata& metadata, const fs::path& folder, const std::string& file) {
  if (auto text = read_file(folder / file, kMaxConfig)) metadata[file] = repaired_utf8(text.value());
}

Result<std::shared_ptr<const TensorSource>> open_part(const fs::path& folder) {
  const auto file = choose_weights(folder);
  if (!file) {
    return Error{ErrorCode::bad_file,
                 "has no weights that can be told: need model_index.json, model.safetensors, "
                 "diffusion_pytorch_model.safetensors, or a single file; name the file itself",
                 folder.string()};
  }
  auto weights = open_weights(folder / *file);
  if (!weights) return weights;
  TensorSource::Metadata metadata = weights.value()->metadata();
  add_config(metadata, folder, "config.json");
  std::vector<JoinedTensor> tensors;
  for (const TensorInfo& info : weights.value()->tensors()) tensors.push_back({weights.value(), &info, info.name});
  return join_tensors(folder.string(), "model folder", std::move(tensors), std::move(metadata));
}

/// The parts that a pipeline's model_index.json names: {"unet": ["diffusers", "UNet2DConditionModel"], "vae": [null,
/// null]}
Result<std::vector<std::string>> parts_of(const fs::path& folder) {
  const fs::path path = folder / kPipeline;
  const auto text = read_file(path, kMaxConfig);
  if (!text) return text.error();
  const json index = json::parse(text.value(), nullptr, /*allow_exceptions=*/false);
  if (!index.is_object()) {
    return Error{ErrorCode::bad_file, "not a JSON object; it is damaged: download or copy it again", path.string()};
  }
  std::vector<std::string> parts;
  for (const auto& [name, value] : index.items()) {
    const bool part = value.is_array() && value.size() == 2 && value[1].is_string();
    if (!part) continue;
    if (!is_plain_name(name)) {
      return Error{ErrorCode::bad_file, fmt::format("part {} leaves the folder: need a plain name", in_quotes(name)),
                   path.string()};
    }
    parts.push_back(name);
  }
  return parts;
}

Result<std::shared_ptr<const TensorSource>> open_pipeline(const fs::path& folder) {
  const auto parts = parts_of(folder);
  if (!parts) return parts.error();
  std::vector<JoinedTensor> tensors;
  TensorSource::Metadata metadata;
  add_config(metadata, folder, kPipeline);
  for (const std::string& part : parts.value()) {
    add_config(metadata, folder, part + "/config.json");
    add_config(metadata, folder, part + "/scheduler_config.json");
    const auto file = choose_weights(folder / part);
    if (!file) continue;
    auto weights = open_weights(folder / part / *file);
    if (!weights) return weights;
    for (const TensorInfo& info : weights.value()->tensors()) {
      tensors.push_back({weights.value(), &info, part + "." + info.name});
    }
    metadata.insert(weights.value()->metadata().begin(), weights.value()->metadata().end());
  }
  if (tensors.empty()) {
    return Error{ErrorCode::bad_file, "none of its parts has weights here; download them", folder.string()};
  }
  return join_tensors(folder.string(), "diffusers folder", std::move(tensors), std::move(metadata));
}

}  // namespace

Result<std::shared_ptr<const TensorSource>> open_diffusers_folder(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / kPipeline, ignored) ? open_pipeline(folder) : open_part(folder);
}

}  // namespace pxf
