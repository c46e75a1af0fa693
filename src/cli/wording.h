// The engine's short names as a person reads them.
#pragma once

#include <string>

#include "pixelforge/choose.h"
#include "pixelforge/engine.h"
#include "pixelforge/licence.h"

namespace pxf::cli {

/// "v" as "v-prediction", "eps" as "epsilon prediction".
std::string prediction_text(const std::string& prediction);

/// "text_encoder" as "text encoder".
std::string part_text(const std::string& part);

/// "yes: in the public domain".
std::string commercial_text(const LicenceVerdict& verdict);

/// "starter · SD 1.x, v-prediction · CC0-1.0, commercial use allowed".
std::string checkpoint_line(const Plan& plan);

/// "DPM++ 2M · Karras · 20 steps · CFG 4 · 256x256".
std::string settings_line(const Plan& plan);
std::string settings_line(const Recommended& recommended);
/// "recommended by the file", "tuned here on 2026-11-30"
std::string origin_text(const std::string& from);

/// "starter-pixel: made for pixel art ("8 bit"); second best: starter".
std::string chosen_line(const Choice& choice);
/// "LoRA neon fits, for "neon sign": -l neon".
std::string proposal_line(const ChosenLora& lora);

}  // namespace pxf::cli
