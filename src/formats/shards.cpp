#include "formats/shards.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/file.h"
#include "formats/in_quotes.h"
#include "formats/joined_source.h"
#include "formats/open.h"

namespace pxf {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxIndex = 100'000'000;  // bytes, as of a safetensors header

struct Index {
  std::map<std::string, std::vector<std::string>> tensors;  // by file
  TensorSource::Metadata metadata;
};

Result<Index> parse_index(const std::string& text) {
  const json index = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (index.is_discarded()) {
    return make_error(ErrorCode::bad_file, "index: not valid JSON in UTF-8; it is damaged: download or copy it again");
  }
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (map == index.end() || !map->is_object()) {
    return make_error(ErrorCode::bad_file,
                      "is JSON text without a \"weight_map\", neither a model nor an index of one");
  }
  Index out;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) {
      return make_error(ErrorCode::bad_file, "index: tensor {}: need the name of a file", in_quotes(tensor));
    }
    const auto& name = file.get_ref<const std::string&>();
    if (!is_plain_name(name)) {
      return make_error(ErrorCode::bad_file, "index: file {} leaves the folder: need a plain name of a file beside it",
                        in_quotes(name));
    }
    out.tensors[name].push_back(tensor);
  }
  if (const auto metadata = index.find("metadata"); metadata != index.end() && metadata->is_object()) {
    for (const auto& [key, value] : metadata->items()) {
      if (value.is_primitive()) out.metadata[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  return out;
}

/// The tensors that the index expects of this file, in the file's order.
Status add_tensors(std::vector<JoinedTensor>& out, const std::shared_ptr<const TensorSource>& file,
                   const std::vector<std::string>& expected) {
  std::vector<const TensorInfo*> found;
  for (const std::string& tensor : expected) {
    const TensorInfo* info = file->find(tensor);
    if (!info) {
      return Error{ErrorCode::bad_file,
                   fmt::format("has no tensor {}, which the index says is there; get both again", in_quotes(tensor)),
                   file->name()};
    }
    found.push_back(info);
  }
  std::ranges::sort(found);  // TensorSource keeps them in the order of the file
  for (const TensorInfo* info : found) out.push_back({file, info, info->name});
  return Done{};
}

}  // namespace

bool is_plain_name(std::string_view name) noexcept {
  return !name.empty() && name != "." && name != ".." && name.find_first_of("/\\\0", 0, 3) == std::string_view::npos;
}

Result<std::shared_ptr<const TensorSource>> open_shards(const std::filesystem::path& path) {
  const auto text = read_file(path, kMaxIndex);
  if (!text) return text.error();
  auto index = parse_index(text.value());
  if (!index) return with_context(std::move(index).error(), path.string());

  std::vector<JoinedTensor> tensors;
  TensorSource::Metadata metadata = std::move(index.value().metadata);
  std::string format;
  for (const auto& [name, expected] : index.value().tensors) {
    auto file = open_tensor_file(path.parent_path() / name);
    if (!file) return std::move(file).error();
    if (auto added = add_tensors(tensors, file.value(), expected); !added) return added.error();
    metadata.insert(file.value()->metadata().begin(), file.value()->metadata().end());
    format = file.value()->format();
  }
  return join_tensors(path.string(), std::move(format), std::move(tensors), std::move(metadata));
}

}  // namespace pxf
