// A service on a home of its own.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>

#include "formats/temporary_folder.h"
#include "service/service.h"

namespace pxf::test {

/// Until it holds, ten seconds at most; false: it never did.
template <class Condition>
bool eventually(const Condition& condition) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

/// The smallest request that draws.
inline JobRequest small_request(const std::string& prompt = "a red apple", int steps = 2) {
  JobRequest job;
  job.request.prompt = prompt;
  job.request.width = job.request.height = 64;
  job.request.steps = steps;
  job.request.seed = 7;
  return job;
}

}  // namespace pxf::test
