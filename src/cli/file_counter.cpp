#include "cli/file_counter.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "cli/plain_text.h"

namespace pxf::cli {

OnFile file_counter(bool json) {
  if (json || ::isatty(STDERR_FILENO) == 0) return {};
  return [](const std::string& path, std::size_t done, std::size_t of) {
    const std::string name = printable(std::filesystem::path(path).filename().string());
    std::fputs(fmt::format("\r\x1b[K{}/{} {}", done + 1, of, name.substr(0, 60)).c_str(), stderr);
    if (done + 1 == of) std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
  };
}

}  // namespace pxf::cli
