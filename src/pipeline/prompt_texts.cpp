#include "pipeline/prompt_texts.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/nearest_name.h"
#include "base/trimmed.h"
#include "formats/in_quotes.h"
#include "formats/utf8_text.h"
#include "pipeline/loras.h"
#include "pipeline/plan.h"
#include "store/home.h"
#include "text/prompt_networks.h"
#include "text/prompt_styles.h"
#include "text/prompt_variants.h"
#include "text/styles_file.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 16 << 20;

fs::path in_library(const std::string& given, const char* usual) {
  return given.empty() ? library_home() / usual : fs::path(given);
}

/// The library's own without its folder: whoever sends a request to a server need not know where that is.
std::string shown(const std::string& given, const fs::path& path) {
  return given.empty() ? path.lexically_relative(library_home()).string() : path.string();
}

std::string read_text(const fs::path& path) {
  std::string text = value_or_throw(read_file(path, kLargestFile));
  if (!well_formed_utf8(text)) throw Failure(Error{ErrorCode::bad_file, "is no text in UTF-8", path.string()});
  return text;
}

const Style& style_of(const std::vector<Style>& styles, const std::string& name, const std::string& file) {
  const auto found = std::ranges::find(styles, name, &Style::name);
  if (found != styles.end()) return *found;
  std::vector<std::string_view> names;
  for (const Style& style : styles) names.push_back(style.name);
  const std::string_view nearest = nearest_name(name, names);
  throw Failure(Error{ErrorCode::not_found,
                      fmt::format("style: got {}, which is none of the {} there{}", in_quotes(name), names.size(),
                                  nearest.empty() ? "" : fmt::format("; did you mean {}?", in_quotes(nearest))),
                      file});
}

// One line an entry, as the wildcard extensions of A1111 have it: without the white space around it, empty lines and
// those that begin with "#".
std::vector<std::string> entries_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != '#') out.emplace_back(line);
  }
  return out;
}

// A folder of wildcards: each file is read once.
class Wildcards {
 public:
  explicit Wildcards(const std::string& given) : given_(given), folder_(in_library(given, "wildcards")) {}

  std::vector<std::string> lines(std::string_view name) {
    const auto [at, is_new] = read_.try_emplace(std::string(name));
    if (is_new) {
      const fs::path file = folder_ / (at->first + ".txt");
      if (fs::exists(file)) at->second = entries_of(read_text(file));
    }
    return at->second;
  }

  std::vector<std::string> notices() const {
    std::vector<std::string> out;
    for (const auto& [name, lines] : read_) {
      if (!lines.empty()) continue;
      out.push_back(fmt::format("wildcard __{}__ stays as it is: {} has no lines", name,
                                shown(given_, folder_ / (name + ".txt"))));
    }
    return out;
  }

 private:
  std::string given_;
  fs::path folder_;
  std::map<std::string, std::vector<std::string>> read_;
};

}  // namespace

Result<Request> with_its_styles(Request request) {
  return catch_errors([&] {
    if (request.styles.empty()) return std::move(request);
    const fs::path file = in_library(request.styles_file, "styles.csv");
    const std::string csv = read_text(file);
    auto styles = catch_errors([&] { return read_styles(csv); });
    if (!styles) throw Failure(with_context(std::move(styles).error(), file.string()));
    std::vector<std::string> prompts, negatives;
    for (const std::string& name : request.styles) {
      const Style& style = style_of(styles.value(), name, shown(request.styles_file, file));
      prompts.push_back(style.prompt);
      negatives.push_back(style.negative);
    }
    request.prompt = with_styles(request.prompt, prompts);
    request.negative = with_styles(request.negative, negatives);
    request.styles.clear();
    return std::move(request);
  });
}

ChosenPrompts choose_prompts(const Request& request, const Plan& plan) {
  Wildcards wildcards(request.wildcards);
  ChosenPrompts out;
  for (int k = 0; k < plan.count; ++k) {
    out.of_pictures.push_back(choose_variants(request.prompt, seed_of(plan, k),
                                              [&](std::string_view name) { return wildcards.lines(name); }));
  }
  out.notices = wildcards.notices();
  std::set<std::string> others;
  for (const std::string& prompt : out.of_pictures) {
    for (const ExtraNetwork& network : cut_networks(prompt).networks) {
      if (!is_lora(network)) others.insert(fmt::format("<{}:{}>", network.kind, network.name()));
    }
  }
  for (const std::string& tag : others)
    out.notices.push_back(in_quotes(tag) + " is left out: no network of a kind known here");
  return out;
}

}  // namespace pxf
