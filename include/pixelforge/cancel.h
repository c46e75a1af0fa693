// A wish to stop, set from any thread or a signal handler and looked at between the ops of a computation: work ends
// within a fraction of a step.
#pragma once

#include <atomic>

namespace pxf {

class CancelToken {
 public:
  void request() noexcept { stop_.store(true, std::memory_order_relaxed); }
  void clear() noexcept { stop_.store(false, std::memory_order_relaxed); }
  bool requested() const noexcept { return stop_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> stop_{false};
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");
};

}  // namespace pxf
