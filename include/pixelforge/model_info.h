// What a weight file is, as `inspect` and `list` show it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pixelforge/level.h"

namespace pxf {

struct PartInfo {
  std::string name;  // "unet", "vae", "text_encoder", "text_encoder_2"
  std::int64_t tensors = 0;
  std::int64_t parameters = 0;
  std::int64_t bytes = 0;          // as stored
  std::vector<std::string> types;  // "f16", "f32": those that occur, the most frequent first
};

/// How to sample with this checkpoint where a request says nothing.
struct Recommended {
  std::string sampler, scheduler;              // "dpmpp_2m", "karras"; as the file spells them where it is unknown here
  std::string sampler_label, scheduler_label;  // "DPM++ 2M", "Karras"
  int steps = 0;
  double cfg_scale = 0;
  int width = 0, height = 0;
  std::string from;  // "you, else tuned here on 2026-11-30", "the file", "its name: Lightning", "the family"

  std::optional<int> clip_skip = {};  // not said, like the next two: the text encoder's last layer
  std::string negative = {};          // of a request without a negative prompt
  std::string vae = {};               // a file or name, used in place of the checkpoint's own
  std::string shortcuts = {};         // as parse_shortcuts reads them
  /// Who says each of them: by "sampler", "scheduler", "steps", "cfg_scale", "size", "clip_skip", "negative", "vae",
  /// "shortcuts".
  std::map<std::string, std::string> sources = {};
  /// What has been found here for best and fast. Empty: rules (level.h).
  struct AtLevel {
    std::string sampler, scheduler;
    int steps = 0;
    double cfg_scale = 0;

    bool operator==(const AtLevel&) const = default;
  };
  std::map<Level, AtLevel> levels = {};
  std::string left_out = {};  // what has been found here and is not used, and why
};

/// What a LoRA or another adapter consists of.
struct LoraInfo {
  std::vector<std::string> kinds;     // "LoRA", "LoHa", "DoRA" ...
  std::int64_t modules = 0;           // that it changes
  std::int64_t text_modules = 0;      // of them, in text encoders
  std::vector<std::int64_t> ranks;    // those that occur, ascending
  std::vector<std::string> triggers;  // words that its author, or the captions it was trained on, say it answers to
  std::optional<double> preferred_strength = {};  // as its author says, in files beside it, or its user
};

struct ModelInfo {
  std::string name;    // file name without its ending, or the name of an embedded checkpoint
  std::string path;    // empty for embedded ones
  std::string format;  // "safetensors", "PyTorch", "GGUF", "diffusers folder"
  std::uint64_t bytes = 0;
  std::int64_t tensors = 0;
  // Of the file, empty unless asked for or already known. What others call them: AutoV2, a checkpoint's short hash, are
  // the first 10 digits of sha256; AutoV3, and kohya's new hash of a LoRA, begin tensors_sha256; ModelSpec's
  // hash_sha256 is 0x and tensors_sha256.
  std::string sha256;
  std::string tensors_sha256;  // without the header; of safetensors alone
  std::string auto_v1;         // 8 digits: A1111's first hash

  std::string kind;                  // "checkpoint", "LoRA", "VAE" ...
  std::string family;                // "sd1"; empty when unknown
  std::string title;                 // of the family: "SD 1.x"
  std::vector<std::string> reasons;  // what it was recognised by
  bool supported = false;
  std::string unsupported_because;  // empty when supported
  bool safe = true;                 // opening it cannot run code

  std::string prediction;  // "eps", "v", "edm"; empty for what is no checkpoint
  std::string vae;         // the file whose VAE is used in place of its own; usually empty
  std::string vae_license;
  std::vector<PartInfo> parts;
  std::vector<std::string> missing, wrong_shape, unexpected;  // tensors

  std::string model_title, author, description, license, tags;  // as the file says
  std::optional<Recommended> recommended;
  std::optional<LoraInfo> lora;
  std::map<std::string, std::string> metadata;  // all of it
};

}  // namespace pxf
