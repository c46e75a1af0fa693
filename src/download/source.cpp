#include "download/source.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

namespace pxf {
namespace {

constexpr std::string_view kHuggingFace = "hf:", kCivitai = "civitai:", kAir = "urn:air:";
constexpr std::string_view kForms =
    "need https://..., hf:ORG/REPO, hf:ORG/REPO:FILE, civitai:VERSION or civitai:MODEL@VERSION";

[[noreturn]] void refuse(const std::string& text, std::string_view why) {
  fail(ErrorCode::invalid_argument, "source: got \"{}\", {}", text.substr(0, 200), why);
}

/// What stands before the mark; the rest stays. All of it where there is no mark.
std::string_view take_until(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const std::string_view before = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return before;
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    if (const std::string_view segment = take_until(path, '/'); !segment.empty()) out.push_back(url_unescaped(segment));
  }
  return out;
}

std::string joined(const std::vector<std::string>& segments, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < segments.size(); ++i) out += (out.empty() ? "" : "/") + segments[i];
  return out;
}

/// 0 where it is no number.
std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() ? number : 0;
}

bool is_control_character(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// A path inside a repository: relative, and nowhere upwards.
bool is_inner_path(const std::string& path) {
  if (path.starts_with('/') || std::ranges::any_of(path, is_control_character)) return false;
  const std::vector<std::string> segments = segments_of(path);
  return std::ranges::none_of(segments, [](const std::string& one) { return one == ".." || one == "."; });
}

/// "REPO" or "ORG/REPO", of the characters that the site allows there.
bool is_repository(const std::string& name) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '/';
  };
  return !name.empty() && std::ranges::all_of(name, is_allowed) && std::ranges::count(name, '/') <= 1 &&
         is_inner_path(name) && !name.ends_with('/');
}

HuggingFaceSource checked(HuggingFaceSource source, const std::string& text) {
  if (!is_repository(source.repo)) refuse(text, "need a repository as ORG/REPO");
  if (source.revision.empty() || !is_inner_path(source.revision)) refuse(text, "need a revision after @");
  if (!is_inner_path(source.file)) refuse(text, "need a file inside the repository");
  return source;
}

HuggingFaceSource hugging_face_name(const std::string& text) {
  std::string_view rest = std::string_view(text).substr(kHuggingFace.size());
  std::string_view repo = take_until(rest, ':');
  HuggingFaceSource out;
  out.file = rest;
  out.repo = take_until(repo, '@');
  if (!repo.empty()) out.revision = repo;
  return checked(std::move(out), text);
}

/// Pages of models; none for others, such as data sets, whose files are fetched like any.
std::optional<HuggingFaceSource> hugging_face_page(const Url& url) {
  const std::vector<std::string> path = segments_of(url.path);
  if (path.size() < 2 || path[0] == "datasets" || path[0] == "spaces" || path[0] == "api") return std::nullopt;
  HuggingFaceSource out;
  out.repo = path[0] + "/" + path[1];
  if (path.size() == 2) return checked(std::move(out), url.shown());
  if (path.size() < 4) return std::nullopt;
  out.revision = path[3];
  if (path[2] == "blob" || path[2] == "resolve" || path[2] == "raw") {
    if (path.size() < 5) return std::nullopt;
    out.file = joined(path, 4);
  } else if (path[2] != "tree") {
    return std::nullopt;
  } else if (path.size() > 4) {
    refuse(url.shown(), "which is a folder; name the repository or a file of it");
  }
  return checked(std::move(out), url.shown());
}

CivitaiSource civitai_numbers(std::string_view rest, const std::string& text) {
  std::string_view numbers = take_until(rest, ':');
  CivitaiSource out;
  out.file = rest;
  const bool has_model = numbers.find('@') != std::string_view::npos;
  if (has_model && (out.model = number_of(take_until(numbers, '@'))) == 0) refuse(text, kForms);
  out.version = number_of(numbers);
  if (out.version == 0) refuse(text, kForms);
  if (std::ranges::any_of(out.file, is_control_character)) refuse(text, "need the name of a file");
  return out;
}

/// The value of a parameter of a query; empty where there is none.
std::string_view parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    std::string_view pair = take_until(query, '&');
    if (take_until(pair, '=') == name) return pair;
  }
  return {};
}

std::string without_token(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const std::string_view pair = take_until(query, '&');
    if (!pair.starts_with("token=") && !pair.empty()) out += (out.empty() ? "" : "&") + std::string(pair);
  }
  return out;
}

std::optional<CivitaiSource> civitai_page(const Url& url) {
  const std::vector<std::string> path = segments_of(url.path);
  CivitaiSource out;
  if (path.size() >= 2 && path[0] == "models") {
    out.model = number_of(path[1]);
    out.version = number_of(parameter(url.query, "modelVersionId"));
    return out.model == 0 ? std::nullopt : std::optional(out);
  }
  if (path.size() != 4 || path[0] != "api" || path[1] != "download" || path[2] != "models") return std::nullopt;
  out.version = number_of(path[3]);
  // Without a query it is the primary file, whatever the site's answer calls that one's address.
  if (const std::string query = without_token(url.query); !query.empty()) out.link = url.path + "?" + query;
  return out.version == 0 ? std::nullopt : std::optional(out);
}

/// urn:air:ECOSYSTEM:TYPE:civitai:MODEL@VERSION, with more behind a "?" or "." that tells nothing of the file.
CivitaiSource air(const std::string& text) {
  const auto site = text.find(":civitai:");
  if (site == std::string::npos) refuse(text, "need an AIR of civitai");
  std::string_view rest = std::string_view(text).substr(site + 9);
  rest = rest.substr(0, rest.find_first_of(".?"));
  if (rest.find('@') == std::string_view::npos) refuse(text, "need an AIR with a version, as MODEL@VERSION");
  return civitai_numbers(rest, text);
}

bool is_site(const Url& url, const Url& site) {
  if (url.origin() == site.origin()) return true;
  const bool is_short = url.host == "hf.co" && site.host == "huggingface.co";
  return url.is_encrypted() && (is_short || url.host == "www." + site.host);
}

ModelSource read_source(const std::string& text, const Sites& sites) {
  if (text.starts_with(kHuggingFace)) return hugging_face_name(text);
  if (text.starts_with(kCivitai)) return civitai_numbers(std::string_view(text).substr(kCivitai.size()), text);
  if (text.starts_with(kAir)) return air(text);
  if (text.find("://") == std::string::npos) refuse(text, kForms);
  Url url = value_or_throw(parse_url(text));
  if (is_site(url, sites.hugging_face)) {
    if (auto page = hugging_face_page(url)) return *std::move(page);
  } else if (is_site(url, sites.civitai)) {
    if (auto page = civitai_page(url)) return *std::move(page);
  }
  return url;
}

}  // namespace

Result<ModelSource> parse_source(const std::string& text, const Sites& sites) {
  return catch_errors([&] { return read_source(text, sites); });
}

}  // namespace pxf
