// The hashes that are missing, computed while something else goes on.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "pixelforge/cancel.h"
#include "pixelforge/library.h"

namespace pxf {

/// A thread of the lowest priority, for the processor and for the disk. What it was at when this ends begins again the
/// next time.
class BackgroundHashing {
 public:
  /// The engine outlives it. `home`: as Library's.
  BackgroundHashing(Engine& engine, std::filesystem::path home);
  ~BackgroundHashing();
  BackgroundHashing(const BackgroundHashing&) = delete;
  BackgroundHashing& operator=(const BackgroundHashing&) = delete;

  /// There may be new files.
  void look();

 private:
  void run();

  Engine& engine_;
  std::filesystem::path home_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool look_ = true, end_ = false;  // guarded by the mutex
  std::thread thread_;
};

}  // namespace pxf
