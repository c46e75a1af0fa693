#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace pxf {
namespace {

TEST(ThreadPool, EachTaskRunsOnceWhateverTheNumberOfThreads) {
  for (const int threads : {1, 2, 7}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const std::int64_t count : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
      pool.parallel_for(count, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
      for (const auto& n : runs) EXPECT_EQ(n.load(), 1);
    }
  }
}

TEST(ThreadPool, AnExceptionReachesTheCallerAndThePoolGoesOn) {
  ThreadPool pool(3);
  EXPECT_THROW(pool.parallel_for(100,
                                 [](std::int64_t i) {
                                   if (i == 50) throw std::runtime_error("task 50");
                                 }),
               std::runtime_error);
  std::atomic<int> done = 0;
  pool.parallel_for(100, [&](std::int64_t) { ++done; });
  EXPECT_EQ(done.load(), 100);
}

TEST(ThreadPool, CallersOnSeveralThreadsTakeTurns) {
  ThreadPool pool(2);
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> callers;
    for (int c = 0; c < 4; ++c) {
      callers.emplace_back([&] {
        for (int k = 0; k < 50; ++k) pool.parallel_for(10, [&](std::int64_t) { ++done; });
      });
    }
  }
  EXPECT_EQ(done.load(), 4 * 50 * 10);
}

}  // namespace
}  // namespace pxf
