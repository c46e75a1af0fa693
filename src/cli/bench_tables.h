// What bench measured, as text for a terminal.
#pragma once

#include <string>

#include "cli/bench_compare.h"
#include "pixelforge/engine.h"

namespace pxf::cli {

std::string results_table(const BenchReport& report);
std::string kernels_table(const BenchReport& report);
std::string ops_table(const BenchReport& report);
/// The dozen that take longest.
std::string top_layers_table(const BenchReport& report);
std::string comparison_table(const BenchComparison& comparison);

}  // namespace pxf::cli
