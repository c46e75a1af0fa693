// How far a verb that goes through files has come.
#pragma once

#include "pixelforge/library.h"

namespace pxf::cli {

/// On a terminal, one line that is written over; elsewhere, and beside JSON, nothing.
OnFile file_counter(bool json);

}  // namespace pxf::cli
