// Drops pictures that have been kept long enough, favourites excepted, on a thread of its own: at once, then every
// hour.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "service/pictures.h"

namespace pxf {

class Retention {
 public:
  /// `days` above 0. `pictures` outlives it.
  Retention(Pictures& pictures, int days);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

 private:
  void work();
  void drop_old();

  Pictures& pictures_;
  int days_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace pxf
