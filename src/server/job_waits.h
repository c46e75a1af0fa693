// Answers that come when a job has ended. A client that goes away keeps its job.
// Thread-safe. The service outlives it; waits that are left when it goes are forgotten.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "server/router.h"
#include "service/service.h"

namespace pxf {

class JobWaits {
 public:
  struct Listener {
    /// Once, on whichever thread ends it; not ended where the server stops before it has.
    std::function<void(const Job& job)> ended;
    std::function<void(const JobEvent& event)> news = [](auto&&) {};  // what comes before
  };

  explicit JobWaits(Service& service) : service_(service) {}

  /// Nothing more will end: all are told.
  void give_up();

  /// A job that has ended already is told of at once.
  void wait(const std::string& job, Listener listener);
  /// Sends what `answer` makes of the ended job, or its exception in the words of `problems`.
  void reply_when_ended(const std::string& job, const HttpReply& reply,
                        std::function<HttpResponse(const Job& job)> answer, ProblemWriter problems);

 private:
  class Wait;
  void forget(const Wait* wait);

  Service& service_;
  std::mutex mutex_;
  std::map<const Wait*, std::shared_ptr<Wait>> waits_;
};

/// Why there is nothing of a job that failed, was cancelled, or waits for the next start.
HttpProblem problem_of_job(const Job& job);

}  // namespace pxf
