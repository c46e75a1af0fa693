// How a command ends: its exit status, and its error as one line or as one JSON object.
#pragma once

#include "pixelforge/error.h"

namespace pxf::cli {

enum class Exit : int { done = 0, failed = 1, usage = 2, cancelled = 130 };

Exit exit_of(ErrorCode code) noexcept;

/// "pixelforge: WHAT: got A, need B; try C" on stderr or, for `json`, {"error": {code, message, context}} on stdout.
/// Nothing for an error without a message: the verb's own report tells of it.
Exit report(const Error& error, bool json);

/// What a failed write (errno) to `name` means. Errors: no_space, io.
Error write_error(int code, const char* name);

}  // namespace pxf::cli
