// Which of two ways to draw people like better: blind comparisons, whose votes move a checkpoint's preset.
//
//   auto pair = pxf::next_comparison(checkpoint);   // draw both, with the same prompt and seed
//   auto told = pxf::vote(engine, pair.value().id, pxf::Better::a);
//
// Each holds the balanced preset of today against one that differs in one thing: CFG scale, steps, sampler. Who leads
// by kVotesAhead votes has won: the other way becomes the preset, as if tuned here, or is not tried again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pixelforge/engine.h"

namespace pxf {

inline constexpr int kVotesAhead = 4;

struct Comparison {
  std::string id, checkpoint, prompt;
  std::uint64_t seed = 0;
  Recommended::AtLevel a, b;  // in an order of chance; which of them is the preset is told once the vote is given
};

enum class Better : std::uint8_t { a, b, neither };

/// One way to draw against today's preset.
struct Standing {
  Recommended::AtLevel settings;
  int better = 0, worse = 0, equal = 0;  // votes
};

struct VoteTold {
  bool preset_was_a = false;
  bool moved = false;           // the preset, by this vote
  Recommended::AtLevel preset;  // the one of now
  std::vector<Standing> standings;
};

/// `prompt` empty: by what the checkpoint is for, a different one each time. Errors: unsupported (it was distilled; it
/// is not in the library), not_found (there is no way left that has not lost), those of Library.
Result<Comparison> next_comparison(const Checkpoint& checkpoint, const std::string& prompt = {},
                                   const std::filesystem::path& home = {});
/// Errors: not_found (no such comparison), invalid_argument (it has its vote), those of Library.
Result<VoteTold> vote(Engine& engine, const std::string& id, Better better, const std::filesystem::path& home = {});

}  // namespace pxf
