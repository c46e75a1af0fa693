#include <csignal>

#include "cli/program.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe and a file size limit are errors of the write that meets them
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return static_cast<int>(pxf::cli::run(argc, argv));
  } catch (...) {  // even the report of an error could not be written
    return static_cast<int>(pxf::cli::Exit::failed);
  }
}
