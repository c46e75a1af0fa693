#include <algorithm>

#include "base/error.h"
#include "library/state.h"

namespace pxf {
namespace {

constexpr std::size_t kLongest = 200;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_one_of(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

const std::vector<std::string>& LibraryState::reserved_names() {
  if (!reserved.empty()) return reserved;
  reserved.emplace_back("auto");
  for (const ModelInfo& one : engine.list()) reserved.push_back(one.name);
  for (const ModelInfo& one : engine.list_loras()) reserved.push_back(one.name);
  return reserved;
}

Status LibraryState::check_name(const std::string& name) {
  const auto refuse = [&](const char* need) {
    return make_error(ErrorCode::invalid_argument, "name: got \"{}\", need {}", name, need);
  };
  if (name.empty()) return refuse("at least one letter");
  if (name.size() > kLongest) return refuse("at most 200 bytes");
  if (name.find('/') != std::string::npos) return refuse("a name without slashes");
  if (std::ranges::any_of(name, is_control)) return refuse("a name without control characters");
  if (name.front() == '-') return refuse("a name that does not begin like a flag");
  if (is_one_of(reserved_names(), name)) return refuse("a name that the program does not use itself");
  return Done{};
}

std::string stem_of(const std::filesystem::path& path) {
  std::error_code failed;
  const bool folder = std::filesystem::is_directory(path, failed);
  const std::filesystem::path name = path.filename().empty() ? path.parent_path().filename() : path.filename();
  std::string stem = folder ? name.string() : name.stem().string();
  constexpr std::string_view kIndex = ".safetensors.index";
  if (stem.ends_with(kIndex)) stem.resize(stem.size() - kIndex.size());
  return stem;
}

std::string LibraryState::possible_name(std::string wanted) {
  std::ranges::replace_if(
      wanted, [](char c) { return is_control(c) || c == '/'; }, '_');
  wanted.erase(0, wanted.find_first_not_of('-'));
  if (wanted.size() > kLongest) wanted.resize(kLongest);
  if (wanted.empty()) wanted = "model";
  return is_one_of(reserved_names(), wanted) ? wanted + "-2" : wanted;
}

}  // namespace pxf
