#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "pixelforge/engine.h"
#include "sampling/names.h"

// The text itself; a zero ends it. The assembler finds the file from src/, by the include path.
asm(R"(
  .pushsection .rodata
  pxf_glossary: .incbin "../assets/glossary.md"
  .byte 0
  .global pxf_glossary
  .hidden pxf_glossary
  .popsection
)");

namespace pxf {
namespace {

extern "C" const char pxf_glossary[];

std::vector<std::string> split_aliases(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) {
    const std::string_view alias = list.substr(0, list.find(", "));
    out.emplace_back(alias);
    list.remove_prefix(std::min(list.size(), alias.size() + 2));
  }
  return out;
}

// "## Term", perhaps "Also: a, b", then the text. What stands before the first term is for readers of the file.
std::vector<GlossaryEntry> parse(std::string_view file) {
  constexpr std::string_view kTerm = "## ", kAlso = "Also: ";
  std::vector<GlossaryEntry> out;
  while (!file.empty()) {
    const std::string_view line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(file.size(), line.size() + 1));
    if (line.starts_with(kTerm)) {
      out.push_back({std::string(line.substr(kTerm.size())), {}, {}});
    } else if (out.empty() || line.empty()) {
      continue;
    } else if (line.starts_with(kAlso)) {
      out.back().aliases = split_aliases(line.substr(kAlso.size()));
    } else {
      out.back().text += (out.back().text.empty() ? "" : "\n") + std::string(line);
    }
  }
  std::ranges::sort(out, {}, [](const GlossaryEntry& entry) {
    std::string term = entry.term;
    for (char& c : term) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return term;
  });
  return out;
}

bool is_called(const GlossaryEntry& entry, std::string_view name) {
  return same_name(entry.term, name) ||
         std::ranges::any_of(entry.aliases, [&](const std::string& alias) { return same_name(alias, name); });
}

const GlossaryEntry* find(std::string_view name) {
  const auto found = std::ranges::find_if(glossary(), [&](const GlossaryEntry& e) { return is_called(e, name); });
  return found == glossary().end() ? nullptr : &*found;
}

}  // namespace

const std::vector<GlossaryEntry>& glossary() {
  static const std::vector<GlossaryEntry> entries = parse(pxf_glossary);
  return entries;
}

Result<const GlossaryEntry*> explain(const std::string& term) {
  if (const GlossaryEntry* entry = find(term)) return entry;
  if (term.ends_with('s')) {  // "samplers"
    if (const GlossaryEntry* entry = find(std::string_view(term).substr(0, term.size() - 1))) return entry;
  }
  std::vector<std::string_view> terms;
  for (const GlossaryEntry& entry : glossary()) terms.push_back(entry.term);
  Error error = unknown_name("glossary", term, terms);
  error.code = ErrorCode::not_found;
  return error;
}

}  // namespace pxf
