#include "download/answers.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace pxf {
namespace {

using nlohmann::json;

constexpr std::string_view kModelEndings[] = {".safetensors", ".sft", ".gguf", ".ckpt", ".pt", ".pth", ".bin"};

/// An object, or the error that it is none.
json parse_answer(const std::string& text) {
  json value = json::parse(text, nullptr, false);
  if (!value.is_object()) fail(ErrorCode::bad_file, "the site's answer is no JSON object; try again later");
  return value;
}

const json& field(const json& object, const char* key) {
  static const json kNothing;
  if (!object.is_object()) return kNothing;
  const auto it = object.find(key);
  return it == object.end() ? kNothing : *it;
}

std::string string_of(const json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }
std::uint64_t whole_of(const json& value) { return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0; }

std::string_view ending_of(std::string_view name) {
  for (const std::string_view ending : kModelEndings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return ending;
  }
  return {};
}

bool is_in_folder(const OfferedFile& file) { return file.name.find('/') != std::string::npos; }
/// "model-00001-of-00003.safetensors".
bool is_shard(const OfferedFile& file) { return file.name.find("-of-0") != std::string::npos; }

std::string names_of(const std::vector<OfferedFile>& files) {
  constexpr std::size_t kMost = 20;
  std::vector<std::string> names;
  for (const OfferedFile& file : files) names.push_back(file.name.substr(0, 200));
  std::ranges::sort(names);
  const std::size_t more = names.size() > kMost ? names.size() - kMost : 0;
  names.resize(names.size() - more);
  return fmt::format("{}{}", fmt::join(names, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
}

template <class Fits>
std::vector<OfferedFile> those(const std::vector<OfferedFile>& files, const Fits& fits) {
  std::vector<OfferedFile> out;
  std::ranges::copy_if(files, std::back_inserter(out), fits);
  return out;
}

const OfferedFile* named_file(const std::vector<OfferedFile>& files, const std::string& name) {
  const auto it = std::ranges::find(files, name, &OfferedFile::name);
  return it == files.end() ? nullptr : &*it;
}

// Repositories often have a checkpoint at their root beside diffusers' folders with the same weights, and again as a
// pickle: then the safetensors at the root is what people mean.
std::vector<OfferedFile> best_candidates(const std::vector<OfferedFile>& models) {
  const auto is_safe = [](const OfferedFile& one) { return one.name.ends_with(".safetensors"); };
  const auto roots = those(models, [](const OfferedFile& one) { return !is_in_folder(one) && !is_shard(one); });
  const auto safe_roots = those(roots, is_safe);
  if (!safe_roots.empty()) return safe_roots;
  return roots.empty() ? models : roots;
}

OfferedFile choose_in_repository(const std::vector<OfferedFile>& files, const HuggingFaceSource& source) {
  const auto models = those(files, [](const OfferedFile& one) { return !ending_of(one.name).empty(); });
  if (!source.file.empty()) {
    if (const OfferedFile* file = named_file(files, source.file)) return *file;
    fail(ErrorCode::not_found, "{} has no file \"{}\"; it has {}", source.repo, source.file, names_of(models));
  }
  if (models.empty()) fail(ErrorCode::not_found, "{} has no model file", source.repo);
  const bool is_diffusers = named_file(files, "model_index.json") != nullptr;
  const std::vector<OfferedFile> best = best_candidates(models);
  const bool is_part = is_diffusers && is_in_folder(best.front());
  if (best.size() == 1 && !is_part && !is_shard(best.front())) return best.front();
  fail(ErrorCode::invalid_argument, "source: {}, need one file; name it as hf:{}:FILE, FILE one of {}",
       is_part ? fmt::format("{} is a folder of diffusers, whose parts are files of their own", source.repo)
               : fmt::format("{} has {} model files", source.repo, best.size()),
       source.repo, names_of(is_part ? models : best));
}

/// "/api/download/models/7?type=VAE" of an address.
std::string path_and_query(const std::string& link) {
  const Result<Url> url = parse_url(link);
  if (!url) return {};
  return url.value().path + (url.value().query.empty() ? "" : "?" + url.value().query);
}

OfferedFile choose_in_version(const std::vector<OfferedFile>& files, const CivitaiSource& source) {
  if (files.empty()) fail(ErrorCode::not_found, "version {} has no file that may be fetched", source.version);
  const bool is_said = !source.file.empty() || !source.link.empty();
  const auto is_meant = [&](const OfferedFile& one) {
    if (!source.file.empty()) return one.name == source.file;
    return source.link.empty() ? one.is_primary : path_and_query(one.link) == source.link;
  };
  const auto meant = those(files, is_meant);
  if (meant.size() == 1) return meant.front();
  if (!is_said && files.size() == 1) return files.front();
  fail(is_said ? ErrorCode::not_found : ErrorCode::invalid_argument,
       "source: got {}, need one file; name it as civitai:{}:FILE, FILE one of {}",
       is_said ? "one that version " + std::to_string(source.version) + " does not have" : "several files",
       source.version, names_of(files));
}

}  // namespace

Result<std::vector<OfferedFile>> repository_files(const std::string& answer) {
  return catch_errors([&] {
    std::vector<OfferedFile> out;
    const json model = parse_answer(answer);
    const json& siblings = field(model, "siblings");
    if (!siblings.is_array()) fail(ErrorCode::bad_file, "the site's answer has no list of files; try again later");
    for (const json& one : siblings) {
      const json& lfs = field(one, "lfs");
      OfferedFile file{string_of(field(one, "rfilename")),
                       whole_of(field(one, "size")),
                       sha256_text(string_of(field(lfs, "sha256"))),
                       {}};
      if (file.bytes == 0) file.bytes = whole_of(field(lfs, "size"));
      if (!file.name.empty()) out.push_back(std::move(file));
    }
    return out;
  });
}

Result<std::vector<OfferedFile>> version_files(const std::string& answer) {
  return catch_errors([&] {
    std::vector<OfferedFile> out;
    const json version = parse_answer(answer);
    const json& files = field(version, "files");
    if (!files.is_array()) fail(ErrorCode::bad_file, "the site's answer has no list of files; try again later");
    for (const json& one : files) {
      OfferedFile file{string_of(field(one, "name")), 0, sha256_text(string_of(field(field(one, "hashes"), "SHA256"))),
                       string_of(field(one, "downloadUrl")), field(one, "primary") == true};
      if (!file.name.empty() && !file.link.empty()) out.push_back(std::move(file));
    }
    return out;
  });
}

Result<OfferedFile> choose_file(const std::vector<OfferedFile>& files, const HuggingFaceSource& source) {
  return catch_errors([&] { return choose_in_repository(files, source); });
}

Result<OfferedFile> choose_file(const std::vector<OfferedFile>& files, const CivitaiSource& source) {
  return catch_errors([&] { return choose_in_version(files, source); });
}

Result<std::uint64_t> newest_version(const std::string& answer) {
  return catch_errors([&] {
    const json model = parse_answer(answer);
    const json& versions = field(model, "modelVersions");
    const std::uint64_t id = versions.is_array() && !versions.empty() ? whole_of(field(versions.front(), "id")) : 0;
    if (id == 0) fail(ErrorCode::not_found, "the model has no version that may be fetched");
    return id;
  });
}

std::uint64_t model_of_version(const std::string& answer) {
  const json version = json::parse(answer, nullptr, false);
  return whole_of(field(version, "modelId"));
}

std::string with_model(const std::string& version, const std::string& model) {
  json both = json::parse(version, nullptr, false);
  json inner = json::parse(model, nullptr, false);
  if (!both.is_object() || !inner.is_object()) return version;
  inner.erase("modelVersions");
  both["model"] = std::move(inner);
  return both.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string sha256_text(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out.size() == kDigits && out.find_first_not_of("0123456789abcdef") == std::string::npos ? out : std::string();
}

std::string model_name_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);  // npos + 1 is 0
  return name.substr(0, name.size() - ending_of(name).size());
}

}  // namespace pxf
