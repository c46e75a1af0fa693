// Where a step, a decode and a text's encoding spend their time, as a drawing.
#pragma once

#include <string>

#include "pixelforge/engine.h"

namespace pxf::cli {

/// SVG: for each part a bar a block in the order of the work, made of its layers, coloured by op; each says under the
/// pointer what it is. Empty bars where the report has no profile.
std::string bench_chart(const BenchReport& report);

}  // namespace pxf::cli
