// What is counted for /metrics, since the process began. Thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>

#include "pixelforge/progress.h"
#include "service/job.h"

namespace pxf {

/// How many of what was observed, in seconds, were at most so long.
class Histogram {
 public:
  static constexpr std::array<double, 10> kBounds = {0.005, 0.025, 0.1, 0.25, 1, 2.5, 10, 30, 120, 600};

  struct Counts {
    std::array<std::int64_t, kBounds.size()> at_most{};
    std::int64_t all = 0;
    double sum = 0;
  };

  void observe(double seconds) {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < kBounds.size(); ++i) counts_.at_most[i] += seconds <= kBounds[i] ? 1 : 0;
    ++counts_.all;
    counts_.sum += seconds;
  }
  Counts counts() const {
    std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  Counts counts_;
};

/// Of the worker of this process.
struct WorkCounters {
  static constexpr std::size_t kStages = 5, kStates = 5;

  std::array<std::atomic<std::int64_t>, kStates> ended{};  // jobs, by the state that they ended in
  std::atomic<std::int64_t> pictures{0};
  Histogram waited;                                               // jobs, before they were begun
  std::array<std::atomic<std::int64_t>, kStages> milliseconds{};  // by stage

  void add_time(Stage stage, std::int64_t ms) {
    milliseconds[static_cast<std::size_t>(stage)] += std::max<std::int64_t>(0, ms);
  }
};

}  // namespace pxf
