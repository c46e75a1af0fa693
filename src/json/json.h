// What the --json of every verb and the answers of the server are made of. Field names are a contract: scripts read
// them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "pixelforge/engine.h"

namespace pxf {

using Json = nlohmann::ordered_json;

/// As text, indented by so many spaces; negative: on one line. Text that is not UTF-8 (names of files need not be)
/// shows U+FFFD for the bytes at fault.
std::string dump(const Json& json, int indent = -1);

Json to_json(const ModelInfo& model);
Json to_json(const MachineInfo& machine);
/// The settings alone; the checkpoint stands beside them.
Json to_json(const Plan& plan);
Json to_json(const BenchReport& report);

}  // namespace pxf
