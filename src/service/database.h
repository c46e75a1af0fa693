// The database, shared by the threads of a process: one at a time.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "service/sql.h"

namespace pxf {

class SharedDatabase {
 public:
  explicit SharedDatabase(std::unique_ptr<Sql> sql) : sql_(std::move(sql)) {}

  /// work(sql), alone.
  template <class Work>
  auto with(Work&& work) {
    std::lock_guard lock(mutex_);
    return std::forward<Work>(work)(*sql_);
  }
  /// The same as one transaction: all of it or, where work throws, nothing.
  template <class Work>
  auto at_once(Work&& work) {
    std::lock_guard lock(mutex_);
    SqlTransaction all(*sql_);
    if constexpr (std::is_void_v<decltype(work(*sql_))>) {
      work(*sql_);
      all.commit();
    } else {
      auto result = work(*sql_);
      all.commit();
      return result;
    }
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<Sql> sql_;
};

}  // namespace pxf
