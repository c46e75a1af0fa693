#include "cli/report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "json/json.h"

namespace pxf::cli {

Exit exit_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument: return Exit::usage;
    case ErrorCode::cancelled: return Exit::cancelled;
    default: return Exit::failed;
  }
}

Exit report(const Error& error, bool json) {
  if (error.message.empty()) return exit_of(error.code);  // the verb has told it already
  if (json) {
    print_json({{"error", {{"code", to_string(error.code)}, {"message", error.message}, {"context", error.context}}}});
  } else {
    std::fputs(fmt::format("pixelforge: {}\n", printable(error.text())).c_str(), stderr);
  }
  return exit_of(error.code);
}

Error write_error(int code, const char* name) {
  if (code == ENOSPC || code == EDQUOT) {
    return {ErrorCode::no_space, "cannot write: the disk is full; free some space or choose another place with -o",
            name};
  }
  if (code == EPIPE) return {ErrorCode::io, "cannot write: whatever read it has closed the pipe", name};
  return {ErrorCode::io, fmt::format("cannot write: {}", std::strerror(code)), name};
}

}  // namespace pxf::cli
