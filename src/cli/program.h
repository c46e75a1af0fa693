// The command line: parses it, runs the verb, and answers with its exit status.
#pragma once

#include "cli/report.h"

namespace pxf::cli {

Exit run(int argc, char** argv);

}  // namespace pxf::cli
