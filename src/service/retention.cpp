#include "service/retention.h"

#include <chrono>

#include "base/error.h"
#include "service/ids.h"

namespace pxf {

Retention::Retention(Pictures& pictures, int days) : pictures_(pictures), days_(days), thread_([this] { work(); }) {}

Retention::~Retention() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Retention::work() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    lock.unlock();
    drop_old();
    lock.lock();
    wake_.wait_for(lock, std::chrono::hours(1), [this] { return ends_; });
  }
}

// A few at a time, so that whoever ends the server does not wait long. What fails is tried again in an hour.
void Retention::drop_old() {
  constexpr std::int64_t kDay = 24 * 3'600'000;
  for (;;) {
    {
      std::lock_guard lock(mutex_);
      if (ends_) return;
    }
    const auto dropped = catch_errors([&] { return pictures_.remove_older(now_ms() - days_ * kDay); });
    if (!dropped || dropped.value() == 0) return;
  }
}

}  // namespace pxf
