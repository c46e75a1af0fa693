// Ctrl-C and SIGTERM as a wish to stop.
#pragma once

#include "pixelforge/cancel.h"

namespace pxf::cli {

/// From the first call on, the first of these signals sets the token and the second ends the process with status 130.
/// For verbs that look at the token: the others just end by the signal.
const CancelToken& cancel_on_interrupt();

/// Waits until there is something to read from a descriptor, or its end; false once the token is set. A read() after
/// looking at the token would sleep through a signal that comes between the two.
bool wait_for_input(int descriptor);

}  // namespace pxf::cli
