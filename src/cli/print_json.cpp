#include "cli/print_json.h"

#include <fmt/format.h>

#include <cstdio>

namespace pxf::cli {

void print_json(const Json& json) { fmt::print(stdout, "{}\n", dump(json, 2)); }

}  // namespace pxf::cli
