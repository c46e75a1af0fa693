#include "models/distilled.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace pxf {
namespace {

struct Mark {
  std::string_view word, kind, sampler, scheduler;
  int steps;
  int side;  // pixels; 0: the family's
};
// Sampler, schedule and steps as their authors' model cards give them; all without guidance. Turbo: Sauer et al. 2023;
// Lightning: Lin et al. 2024; Hyper-SD: Ren et al. 2024; LCM: Luo et al. 2023; DMD2: Yin et al. 2024.
constexpr std::array kMarks{
    Mark{"lightning", "Lightning", "euler", "sgm_uniform", 4, 0},
    Mark{"turbo", "Turbo", "euler_a", "sgm_uniform", 4, 512},
    Mark{"hyper-sd", "Hyper-SD", "euler", "sgm_uniform", 8, 0},
    Mark{"hyper_sd", "Hyper-SD", "euler", "sgm_uniform", 8, 0},
    Mark{"hypersd", "Hyper-SD", "euler", "sgm_uniform", 8, 0},
    Mark{"dmd2", "DMD2", "lcm", "sgm_uniform", 4, 0},
    Mark{"lcm", "LCM", "lcm", "sgm_uniform", 6, 0},
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// The number before "step", as in "4step", "8_steps".
std::optional<int> steps_in(std::string_view name) {
  const std::size_t word = name.find("step");
  if (word == std::string_view::npos) return std::nullopt;
  std::size_t end = word;
  while (end > 0 && (name[end - 1] == '_' || name[end - 1] == '-' || name[end - 1] == ' ')) --end;
  std::size_t begin = end;
  while (begin > 0 && name[begin - 1] >= '0' && name[begin - 1] <= '9') --begin;
  int steps = 0;
  const auto [stop, error] = std::from_chars(name.data() + begin, name.data() + end, steps);
  if (error != std::errc() || steps < 1 || steps > 64) return std::nullopt;
  return steps;
}

}  // namespace

std::optional<Distilled> distilled_by(std::string_view name, const Preset& usual) {
  const std::string text = lower(name);
  for (const Mark& mark : kMarks) {
    if (text.find(mark.word) == std::string::npos) continue;
    Preset preset = usual;
    preset.sampler = mark.sampler;
    preset.scheduler = mark.scheduler;
    preset.steps = steps_in(text).value_or(mark.steps);
    preset.cfg_scale = 1;
    if (mark.side > 0) preset.width = preset.height = mark.side;
    return Distilled{mark.kind, std::move(preset)};
  }
  return std::nullopt;
}

}  // namespace pxf
