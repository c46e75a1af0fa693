// A1111's "parameters" and their dialects: Forge's, this program's, and those of stable-diffusion.cpp.
#include <algorithm>

#include "recipe/claims.h"

namespace pxf {
namespace {

constexpr std::string_view kOurs = "PixelForge", kSdCpp = "stable-diffusion.cpp";
constexpr std::string_view kComfyUi = "ComfyUI";  // what nodes write that save pictures as A1111 does

std::string version_in(const Parameters& parameters) {
  const auto found = std::ranges::find(parameters.fields, "Version", &std::pair<std::string, std::string>::first);
  return found == parameters.fields.end() ? "" : found->second;
}

}  // namespace

std::optional<Claims> read_a1111(std::span<const TextEntry> entries) {
  const std::string* found = text_of(entries, "parameters");
  if (found == nullptr || found->starts_with('{')) return std::nullopt;
  std::string_view text = *found;
  // stable-diffusion.cpp says everything a second time, in JSON that A1111's quoting knows nothing of.
  if (text.find(kSdCpp) != text.npos) text = text.substr(0, text.find(", SDCPP: {"));
  Claims out;
  out.said = parse_parameters(text);
  if (out.said.fields.empty()) return std::nullopt;
  const std::string version = version_in(out.said);
  out.program = "A1111 or its kin";
  out.noise = NoiseSource::gpu;  // the default there, which is left out
  out.scheduler = "normal";      // k-diffusion's own, where none is said
  const bool by_others = version.starts_with(kOurs) || version.starts_with(kSdCpp);
  if (by_others) out.program = version;
  out.names_are_a1111s = !by_others && !version.starts_with(kComfyUi);
  return out;
}

}  // namespace pxf
