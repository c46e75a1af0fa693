// What a model's licence says of commercial use, in one word with its reason. A reading of well-known licences for
// orientation, not legal advice: who sells pictures reads the licence itself.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pxf {

enum class CommercialUse : std::uint8_t { yes, ask, no };  // from the freest to the strictest

/// "yes", "ask", "no": as JSON gives it.
const char* to_string(CommercialUse use) noexcept;

struct LicenceVerdict {
  std::string name;  // "CreativeML Open RAIL-M"; as it was given where it is not known; empty where nothing is stated
  CommercialUse commercial = CommercialUse::ask;
  std::string reason;
};

/// Of an SPDX or Hugging Face identifier, a licence's name, its whole text, or Civitai's permissions as the library
/// keeps them ("civitai: allowCommercialUse=Image,Rent").
LicenceVerdict judge_licence(const std::string& licence);

/// Of pictures that several models had a part in: the strictest verdict, with the model it comes from in the reason.
/// Pairs are a model's name and its licence.
LicenceVerdict judge_licences(const std::vector<std::pair<std::string, std::string>>& models);

}  // namespace pxf
