#include "library/background_hashing.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace pxf {
namespace {

/// Of this thread alone, as Linux has it. Where the system refuses it stays as it was.
void take_lowest_priority() {
  constexpr int kOneThread = 1, kIdle = 3 << 13;  // ioprio_set's IOPRIO_WHO_PROCESS and IOPRIO_CLASS_IDLE
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 19));
  static_cast<void>(::syscall(SYS_ioprio_set, kOneThread, 0, kIdle));
}

}  // namespace

BackgroundHashing::BackgroundHashing(Engine& engine, std::filesystem::path home)
    : engine_(engine), home_(std::move(home)), thread_([this] { run(); }) {}

BackgroundHashing::~BackgroundHashing() {
  cancel_.request();
  {
    std::lock_guard lock(mutex_);
    end_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void BackgroundHashing::look() {
  {
    std::lock_guard lock(mutex_);
    look_ = true;
  }
  changed_.notify_one();
}

void BackgroundHashing::run() {
  take_lowest_priority();
  Library library(engine_, home_);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return look_ || end_; });
    if (end_) return;
    look_ = false;
    lock.unlock();
    // A file that cannot be read is told by verify, when its user asks.
    static_cast<void>(library.verify({.missing = true}, {}, &cancel_));
    lock.lock();
  }
}

}  // namespace pxf
