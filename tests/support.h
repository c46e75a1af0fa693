// What many tests need: a context to compute in, and where the golden files are.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "backends/backends.h"
#include "base/thread_pool.h"
#include "ops/context.h"
#include "tensor/buffer.h"

namespace pxf::test {

/// $PIXELFORGE_GOLDEN, else the copy in the source tree.
inline std::filesystem::path golden_folder() {
  if (const char* elsewhere = std::getenv("PIXELFORGE_GOLDEN")) return elsewhere;
  return std::filesystem::path(PIXELFORGE_SOURCE_DIR) / "tests/golden";
}

/// A context with its own threads and memory: `Computer on("reference"); on.ctx.empty(...)`.
struct Computer {
  explicit Computer(const std::string& backend = "reference", int threads = 2)
      : pool(threads), ctx(*find_backend(backend), pool, memory) {}
  ThreadPool pool;
  BufferPool memory;
  Context ctx;
};

}  // namespace pxf::test
