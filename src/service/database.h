// The database, shared by the threads of a process: one at a time changes it, one reads. Who reads does not wait for
// the disk to confirm what others write, which can take a third of a second where it is busy.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "service/sql.h"

namespace pxf {

class SharedDatabase {
 public:
  /// `reader`: a second connection to the same; null: there is one alone.
  explicit SharedDatabase(std::unique_ptr<Sql> sql, std::unique_ptr<Sql> reader = nullptr)
      : sql_(std::move(sql)), reader_(std::move(reader)) {}

  /// work(sql), which only reads: what was committed before it began.
  template <class Work>
  auto look(Work&& work) {
    if (!reader_) return with(std::forward<Work>(work));
    std::lock_guard lock(reading_);
    return std::forward<Work>(work)(*reader_);
  }

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
  std::mutex mutex_, reading_;
  std::unique_ptr<Sql> sql_, reader_;
};

}  // namespace pxf
