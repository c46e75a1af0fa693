// Which checkpoint, and which LoRAs, fit a prompt: Library::choose. Nothing is drawn for it and nothing leaves the
// machine; the same prompt and the same library give the same choice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pixelforge/model_info.h"

namespace pxf {

struct ChooseRequest {
  std::string prompt = {}, negative = {};
  std::optional<int> width = {}, height = {};  // that the picture shall have
  bool commercial = false;                     // only models whose licence plainly allows commercial use
  std::vector<std::string> among = {};         // checkpoints, by name; empty: all
  std::string who = {};                        // whose habits count; empty: the user of this machine
  bool by_habit = true;                        // false: what was kept and dropped before does not count
};

/// One checkpoint's score, and the parts that it is the sum of.
struct ChoiceScore {
  std::string checkpoint;
  double score = 0;
  double intent = 0;     // what it is for, against what is asked
  double general = 0;    // draws anything: for prompts that ask for nothing in particular
  double words = 0;      // of the prompt in its texts
  double habit = 0;      // what was kept and dropped before
  double likeness = 0;   // of its texts to the prompt, where Library::liken_by has named a text encoder
  double size = 0;       // 0, or less the further the asked size is from its own
  double strength = 0;   // larger networks draw better
  double in_memory = 0;  // decides between equals
  std::string why;       // "made for pixel art ("8 bit")"
};

struct ChosenLora {
  std::string name;
  double strength = 1;
  std::string why;  // "for "neon sign""
};

struct Choice {
  std::string checkpoint;
  std::string why;                  // a sentence
  std::vector<ChosenLora> loras;    // of its family; proposed, the best first
  std::vector<std::string> asked;   // what the prompt was read to ask for: "pixel art (8 bit)", "not photo (realistic)"
  std::vector<ChoiceScore> scores;  // of all candidates, the best first
  std::vector<std::string> notices = {};  // what could not take part, and why
};

/// What a model is for, as it is read from all that is said of it.
struct GoodFor {
  std::string what;   // "pixel art"
  double weight = 0;  // 0 to 1; below 0: said not to be
};

/// Of one in the program, or of a file that is in no library: what it would be chosen for, the surest first.
std::vector<GoodFor> good_for(const ModelInfo& model);

}  // namespace pxf
