// JSON on stdout.
#pragma once

#include "json/json.h"

namespace pxf::cli {

void print_json(const Json& json);

}  // namespace pxf::cli
