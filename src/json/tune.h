// What `tune --json` prints.
#pragma once

#include "json/json.h"
#include "pixelforge/tune.h"

namespace pxf {

Json to_json(const TuneReport& report);

}  // namespace pxf
