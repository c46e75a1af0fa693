// A1111's grammar of attention: "a (red:1.2) [small] fox" as texts with weights.
//   (text)  1.1 times    [text]  1/1.1 times    (text:1.5)  1.5 times    \( \) \[ \] \\  the character itself
// Brackets multiply; one that is never closed counts to the end; one that closes nothing is text. Neighbours of equal
// weight are joined. As A1111 1.10's parse_prompt_attention does it, but that a malformed number, on which A1111 gives
// up, is text: "(a:1.2.3)" is "a:1.2.3" with weight 1.1.
// Pure functions; any bytes, in linear time.
// Not here: what weights do to an encoding (prompt_chunks.h), ComfyUI's grammar (prompt_comfy.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pxf {

/// Weights are within this, so that they are finite in f32 too, whatever the prompt says.
inline constexpr double kLargestWeight = 1e30;

struct WeightedText {
  std::string text;
  double weight = 1;
  bool operator==(const WeightedText&) const = default;
};

/// The spans of a prompt, at least one. The whole word BREAK is a span by itself with weight -1, which starts a new
/// chunk of tokens; inside brackets its weight is another, and it is text.
std::vector<WeightedText> a1111_attention(std::string_view prompt);

inline bool is_break(const WeightedText& span) { return span.weight == -1 && span.text == "BREAK"; }

}  // namespace pxf
