#include "pixelforge/licence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace pxf {
namespace {

/// One licence, and how it is told from others. `words` are its marks in plain form (see below), one of which must
/// stand in the text; the first row that fits wins, so special ones stand before general ones.
struct Known {
  std::string_view name;
  CommercialUse commercial;
  std::string_view reason;
  std::array<std::string_view, 5> words;
};

constexpr auto kYes = CommercialUse::yes;
constexpr auto kAsk = CommercialUse::ask;
constexpr auto kNo = CommercialUse::no;

constexpr Known kLicences[] = {
    {"FLUX.1 [dev] Non-Commercial",
     kNo,
     "running the model for commercial ends needs a licence from Black Forest Labs",
     {"flux 1 dev non commercial", "flux 1 dev", "flux dev", "flux non commercial", "black forest labs"}},
    {"Stability AI Non-Commercial Research Community",
     kNo,
     "research and other non-commercial use only",
     {"stability ai non commercial", "stabilityai nc research", "stabilityai ai nc", "sai nc community",
      "stability non commercial"}},
    {"SDXL 0.9 Research", kNo, "research only", {"sdxl 0 9 research", "sdxl 0 9"}},
    {"Stability AI Community",
     kAsk,
     "free for those who earn less than a million US dollars a year; others need a licence from Stability AI",
     {"stability ai community", "stabilityai ai community", "stabilityai community", "stability community",
      "sai community"}},
    {"CreativeML Open RAIL++-M",
     kYes,
     "within its list of forbidden uses, which must be passed on",
     {"openrail pp m", "open rail pp m", "openrail pp", "open rail pp", "sdxl 1 0"}},
    {"CreativeML Open RAIL-M",
     kYes,
     "within its list of forbidden uses, which must be passed on",
     {"creativeml openrail m", "creativeml open rail m", "openrail m", "open rail m", "openrail"}},
    {"CC-BY-NC",
     kNo,
     "the licence forbids commercial use",
     {"cc by nc", "creative commons attribution noncommercial", "creative commons attribution non commercial",
      "attribution noncommercial", "attribution non commercial"}},
    {"CC-BY-ND",
     kAsk,
     "whether a picture is an adaptation of the model is open; ask whoever made it",
     {"cc by nd", "attribution noderivatives", "attribution noderivs"}},
    {"CC-BY-SA",
     kYes,
     "name its maker; changed models go under the same licence",
     {"cc by sa", "attribution sharealike"}},
    {"CC-BY", kYes, "name its maker", {"cc by", "creative commons attribution"}},
    {"CC0-1.0", kYes, "in the public domain", {"cc0", "creative commons zero", "cc zero", "public domain"}},
    {"Fair AI Public License 1.0-SD",
     kYes,
     "whoever offers a changed model must publish it under the same licence",
     {"faipl", "fair ai public license"}},
    {"Apache-2.0", kYes, "permissive", {"apache 2 0", "apache license version 2 0", "apache license 2 0", "apache"}},
    {"MIT", kYes, "permissive", {"mit license", "mit licence", "permission is hereby granted free of charge"}},
    {"BSD", kYes, "permissive", {"bsd 3 clause", "bsd 2 clause", "bsd"}},
    {"GPL",
     kYes,
     "what is passed on of the model goes under the same licence",
     {"agpl", "gpl", "gnu general public", "gnu affero"}},
    {"Unlicense", kYes, "in the public domain", {"unlicense", "wtfpl"}},
    // A licence nobody listed, but that says it in its name.
    {"non-commercial",
     kNo,
     "its name says non-commercial",
     {"non commercial", "noncommercial", "research only", "personal use only"}},
};

/// Lower-case words with one space around each: " cc by nc 4 0 ". Plus signs read "pp" as in RAIL++.
std::string plain(std::string_view text) {
  std::string out = " ";
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c == '+' && i + 1 < text.size() && text[i + 1] == '+') {
      out += out.back() == ' ' ? "pp" : " pp";
      ++i;
    } else if (letter) {
      out += c;
    } else if (out.back() != ' ') {
      out += ' ';
    }
  }
  return out.back() == ' ' ? out : out + ' ';
}

bool has_words(const std::string& text, std::string_view words) {
  if (words.empty()) return false;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) {
    if (text[at - 1] == ' ' && text[at + words.size()] == ' ') return true;  // plain text begins and ends with a space
  }
  return false;
}

const Known* find(const std::string& text) {
  const auto fits = [&](const Known& one) {
    return std::ranges::any_of(one.words, [&](std::string_view words) { return has_words(text, words); });
  };
  const auto it = std::ranges::find_if(kLicences, fits);
  return it == std::end(kLicences) ? nullptr : &*it;
}

/// What stands between "KEY=" and the next semicolon.
std::string field(const std::string& text, std::string_view key) {
  const auto at = text.find(fmt::format("{}=", key));
  if (at == std::string::npos) return {};
  const auto begin = at + key.size() + 1;
  return text.substr(begin, text.find(';', begin) - begin);
}

/// Civitai's flags: what may be sold is listed; "Image" are pictures, "Rent" and "RentCivit" services, "Sell" the
/// model.
LicenceVerdict judge_civitai(const std::string& text) {
  LicenceVerdict verdict{"Civitai's permissions", kNo, "its maker allows no commercial use"};
  const std::string uses = plain(field(text, "allowCommercialUse"));
  if (has_words(uses, "image") || has_words(uses, "sell")) {
    verdict.commercial = kYes;
    verdict.reason = has_words(uses, "rent") || has_words(uses, "sell")
                         ? "pictures may be sold, and the model may be run as a paid service"
                         : "pictures may be sold; the model may not be run as a paid service";
  } else if (has_words(uses, "rent") || has_words(uses, "rentcivit")) {
    verdict.reason = "it may be run as a service, but its pictures may not be sold";
  } else if (uses == " ") {
    verdict.commercial = kAsk;
    verdict.reason = "the permissions say nothing of commercial use; ask its maker";
  }
  if (field(text, "allowNoCredit") == "false") verdict.reason += "; name its maker";
  return verdict;
}

}  // namespace

const char* to_string(CommercialUse use) noexcept {
  switch (use) {
    case CommercialUse::yes: return "yes";
    case CommercialUse::ask: return "ask";
    case CommercialUse::no: return "no";
  }
  return "ask";
}

LicenceVerdict judge_licence(const std::string& licence) {
  if (licence.starts_with("civitai:")) return judge_civitai(licence);
  const std::string text = plain(licence);
  if (text == " ") return {{}, kAsk, "no licence is stated; ask whoever made it"};
  if (text == " mit ") return {"MIT", kYes, "permissive"};  // alone: it is a word of other texts too
  if (const Known* known = find(text)) {
    return {std::string(known->name), known->commercial, std::string(known->reason)};
  }
  constexpr std::size_t kLongestName = 60;
  const std::string name = licence.size() <= kLongestName ? licence : "a text of its own";
  return {name, kAsk, "this licence is not known here; read it or ask whoever made the model"};
}

LicenceVerdict judge_licences(const std::vector<std::pair<std::string, std::string>>& models) {
  LicenceVerdict worst{{}, kYes, "nothing is used"};
  bool first = true;
  for (const auto& [name, licence] : models) {
    LicenceVerdict verdict = judge_licence(licence);
    if (!first && verdict.commercial <= worst.commercial) continue;
    first = false;
    verdict.reason = fmt::format("{}: {}", name, verdict.reason);
    worst = std::move(verdict);
  }
  return worst;
}

}  // namespace pxf
