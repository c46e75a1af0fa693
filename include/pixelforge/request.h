// What to draw. Whatever is not said comes from the checkpoint's own recommendation, then from its family.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pxf {

/// Where the noise comes from: as PyTorch makes it on a CPU (ComfyUI, diffusers; A1111's "CPU") or on an NVIDIA card
/// (A1111's default). The same seed gives different pictures under each.
enum class NoiseSource : std::uint8_t { cpu, gpu };

/// A LoRA, or another adapter (LyCORIS, PEFT), on the checkpoint's weights for one request.
struct LoraUse {
  std::string name = {};                     // of one in the program ("neon"), or a file
  double strength = 1;                       // of its change to the UNet, -100 to 100; 0: none
  std::optional<double> text_strength = {};  // of its change to the text encoders; as `strength` when not given
};

struct Request {
  std::string prompt = {};
  std::string negative = {};
  std::optional<int> width = {}, height = {};  // pixels, multiples of 8
  std::optional<int> steps = {};               // 1 to 10,000
  std::optional<double> cfg_scale = {};        // classifier-free guidance; 1: off, one evaluation a step
  std::optional<std::string> sampler = {};     // any name that A1111, ComfyUI, diffusers or stable-diffusion.cpp uses
  std::optional<std::string> scheduler = {};   // likewise
  std::optional<std::uint64_t> seed = {};      // of the first picture, the k-th has seed + k; random when not given
  int count = 1;                               // pictures, 1 to 1,000
  int clip_skip = 1;                           // 1: the text encoder's last layer, 2: the one before
  NoiseSource noise = NoiseSource::cpu;
  std::vector<LoraUse> loras = {};  // applied in this order
};

}  // namespace pxf
