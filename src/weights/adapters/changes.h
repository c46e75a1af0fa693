// What a LoRA does to each weight, whichever factors it keeps that as: two files with other factors may say the same.
#pragma once

#include <map>
#include <string>

#include "ops/weight.h"
#include "weights/adapters/adapter.h"

namespace pxf {

/// scale * up * down for each target, computed as it is read. Empty when the file holds anything but plain LoRA, whose
/// changes depend on the weights they are made to.
std::map<std::string, Weight> lora_changes(const Adapter& adapter);

}  // namespace pxf
