// Worker threads that share out numbered tasks.
// How work is cut into tasks is the caller's choice and must depend on shapes alone, never on the number of threads:
// then the same bytes come out with 1, 2 or 5 of them, whichever worker takes which task.
// One parallel_for runs at a time; callers on other threads wait their turn. Idle workers sleep.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pxf {

class ThreadPool {
 public:
  /// `threads` workers in all, the calling one included; 0 means one for each processor this process may run on.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const noexcept { return static_cast<int>(workers_.size()) + 1; }

  /// Runs task(0) ... task(count - 1), each once, and returns when all are done. The first exception is rethrown here;
  /// tasks not begun by then are dropped. A task must not call parallel_for of the same pool.
  void parallel_for(std::int64_t count, const std::function<void(std::int64_t)>& task);

  /// Processors this process may run on (its affinity mask), at least 1.
  static int available_processors();

 private:
  struct Job {
    const std::function<void(std::int64_t)>* task = nullptr;
    std::int64_t count = 0;
  };
  void work_loop();
  void take_tasks(const Job& job);

  std::vector<std::thread> workers_;
  std::mutex caller_;  // one parallel_for at a time
  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  Job job_;
  std::uint64_t generation_ = 0;
  int busy_ = 0;
  bool stop_ = false;
  std::int64_t next_ = 0;  // accessed atomically while a job runs
  std::exception_ptr failure_;
};

}  // namespace pxf
