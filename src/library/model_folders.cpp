#include "library/model_folders.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/environment.h"
#include "base/file.h"
#include "base/trimmed.h"
#include "catalog/yaml.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExtraPaths = "extra_model_paths.yaml";
constexpr std::size_t kLongestScript = std::size_t{64} << 10;

// Of a section of the yaml, beside folders of models.
constexpr std::array<std::string_view, 3> kNoFolders = {"base_path", "is_default", "custom_nodes"};

constexpr std::array<std::string_view, 12> kFolderFlags = {"--ckpt-dir",
                                                           "--vae-dir",
                                                           "--lora-dir",
                                                           "--lyco-dir",
                                                           "--embeddings-dir",
                                                           "--hypernetwork-dir",
                                                           "--controlnet-dir",
                                                           "--esrgan-models-path",
                                                           "--realesrgan-models-path",
                                                           "--models-dir",
                                                           "--unet-dir",
                                                           "--text-encoder-dir"};

bool is_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/// With "~" and the environment's $NAME and ${NAME} in place, as Python's expanduser and expandvars do it; what is not
/// set stays as it is.
std::string expanded(std::string_view path) {
  std::string out;
  if (path == "~" || path.starts_with("~/")) {
    out = environment({"HOME"});
    path.remove_prefix(1);
  }
  while (!path.empty()) {
    if (path[0] != '$') {
      out += path[0];
      path.remove_prefix(1);
      continue;
    }
    const bool braces = path.starts_with("${");
    std::size_t end = braces ? path.find('}') : 1;
    while (!braces && end < path.size() && is_name(path[end])) ++end;
    const std::size_t begin = braces ? 2 : 1;
    const bool is_variable = end != path.npos && end > begin;
    const std::string name(is_variable ? path.substr(begin, end - begin) : std::string_view());
    const std::string value = environment({name.c_str()});
    const std::size_t taken = value.empty() ? 1 : end + (braces ? 1 : 0);
    out += value.empty() ? "$" : value;
    path.remove_prefix(taken);
  }
  return out;
}

/// The lines of a text, or the texts of a list.
std::vector<std::string> lines_of(const Yaml& value) {
  std::vector<std::string> out;
  for (const Yaml& one : value.entries) out.emplace_back(trimmed(one.text));
  for (std::string_view rest = value.text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out.emplace_back(trimmed(rest.substr(0, end)));
    rest.remove_prefix(std::min(rest.size(), end + 1));
  }
  std::erase(out, "");
  return out;
}

/// Of one section: where all its folders lie, and these.
std::vector<fs::path> folders_of_section(const Yaml& section, const fs::path& beside) {
  const Yaml* base = section.find("base_path");
  const fs::path root = base == nullptr ? beside : beside / expanded(trimmed(base->text));
  std::vector<fs::path> out;
  for (const Yaml& kind : section.entries) {
    if (std::ranges::find(kNoFolders, kind.key) != kNoFolders.end()) continue;
    for (const std::string& line : lines_of(kind)) out.push_back((root / expanded(line)).lexically_normal());
  }
  return out;
}

/// The words of a shell's line: quotes keep spaces.
std::vector<std::string> words_in(std::string_view line) {
  std::vector<std::string> out(1);
  char quote = 0;
  for (const char c : line) {
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote == 0 && (c == ' ' || c == '\t')) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  std::erase(out, "");
  return out;
}

void add_once(std::vector<fs::path>& all, const std::vector<fs::path>& more) {
  for (const fs::path& one : more) {
    if (std::ranges::find(all, one) == all.end()) all.push_back(one);
  }
}

}  // namespace

Result<std::vector<fs::path>> folders_of_yaml(const fs::path& file) {
  const Result<Yaml> yaml = read_yaml(file);
  if (!yaml) return yaml.error();
  const fs::path beside = fs::absolute(file).parent_path();
  std::vector<fs::path> first, then;
  for (const Yaml& section : yaml.value().entries) {
    const Yaml* is_default = section.find("is_default");
    add_once(is_default != nullptr && is_default->text == "true" ? first : then, folders_of_section(section, beside));
  }
  add_once(first, then);
  return first;
}

std::vector<fs::path> folders_of_command_line(std::string_view script, const fs::path& root) {
  constexpr std::string_view kVariable = "COMMANDLINE_ARGS=";
  std::vector<fs::path> out;
  while (!script.empty()) {
    const std::size_t end = std::min(script.find('\n'), script.size());
    const std::string_view line = trimmed(script.substr(0, end));
    script.remove_prefix(std::min(script.size(), end + 1));
    const auto at = line.find(kVariable);
    if (at == line.npos || line.starts_with('#') || line.starts_with("::") || line.starts_with("rem ")) continue;
    std::string_view flags = line.substr(at + kVariable.size());
    const bool quoted = flags.size() >= 2 && (flags[0] == '"' || flags[0] == '\'') && flags.back() == flags[0];
    if (quoted) flags = flags.substr(1, flags.size() - 2);
    const std::vector<std::string> words = words_in(flags);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::size_t equals = words[i].find('=');
      if (std::ranges::find(kFolderFlags, words[i].substr(0, equals)) == kFolderFlags.end()) continue;
      if (equals == std::string::npos && i + 1 == words.size()) break;
      const std::string& value = equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
      add_once(out, {(root / expanded(value)).lexically_normal()});
    }
  }
  return out;
}

Result<std::vector<fs::path>> model_folders(const fs::path& given) {
  const fs::path root = fs::absolute(given).lexically_normal();
  const std::string ending = root.extension().string();
  std::error_code failed;
  if ((ending == ".yaml" || ending == ".yml") && fs::is_regular_file(root, failed)) return folders_of_yaml(root);
  if (!fs::is_directory(root, failed)) {
    return Error{ErrorCode::not_found, "no such folder; give one that holds models, or an extra_model_paths.yaml",
                 given.string()};
  }
  std::vector<fs::path> out{root};
  if (fs::is_regular_file(root / kExtraPaths, failed)) {
    const auto more = folders_of_yaml(root / kExtraPaths);
    if (!more) return more.error();
    add_once(out, more.value());
  }
  for (const char* script : {"webui-user.sh", "webui-user.bat"}) {
    const auto text =
        fs::is_regular_file(root / script, failed) ? read_file(root / script, kLongestScript) : std::string();
    if (text) add_once(out, folders_of_command_line(text.value(), root));
  }
  return out;
}

}  // namespace pxf
