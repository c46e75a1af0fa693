// What the --json of every verb is made of. Field names are a contract: scripts read them.
#pragma once

#include <nlohmann/json.hpp>

#include "pixelforge/engine.h"

namespace pxf::cli {

using Json = nlohmann::ordered_json;

/// To stdout, indented. Text that is not UTF-8 (names of files need not be) shows U+FFFD for the bytes at fault.
void print_json(const Json& json);

Json to_json(const ModelInfo& model);
Json to_json(const MachineInfo& machine);
/// The settings alone; the checkpoint stands beside them.
Json to_json(const Plan& plan);
Json to_json(const BenchReport& report);

}  // namespace pxf::cli
