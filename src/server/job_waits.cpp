#include "server/job_waits.h"

#include <utility>

#include "base/error.h"

namespace pxf {

class JobWaits::Wait : public std::enable_shared_from_this<Wait> {
 public:
  Wait(JobWaits& waits, std::string job, Listener listener)
      : waits_(waits), job_(std::move(job)), listener_(std::move(listener)) {}

  void begin() {
    auto subscription = waits_.service_.events().subscribe(job_, [weak = weak_from_this()](const auto& event) {
      if (const auto self = weak.lock()) self->tell(*event);
    });
    {
      std::lock_guard lock(mutex_);
      if (!has_ended_) subscription_ = std::move(subscription);
    }
    tell_end(false);  // before it was listened to
  }
  /// If it has ended, or `anyway`.
  void tell_end(bool anyway) {
    std::optional<Job> job;
    const auto looked = catch_errors([&] {
      job = waits_.service_.queue().find(job_);
      return Done{};
    });
    if (!looked || !job || (!has_ended(job->state) && !anyway)) return;
    const auto self = shared_from_this();
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(has_ended_, true)) return;
    }
    listener_.ended(*job);
    waits_.forget(this);
  }

 private:
  void tell(const JobEvent& event) {
    if (event.data.empty()) tell_end(false);
    std::lock_guard lock(mutex_);
    if (!has_ended_) listener_.news(event);
  }
  JobWaits& waits_;
  std::string job_;
  Listener listener_;
  std::mutex mutex_;
  bool has_ended_ = false;
  std::unique_ptr<EventHub::Subscription> subscription_;
};

void JobWaits::wait(const std::string& job, Listener listener) {
  const auto wait = std::make_shared<Wait>(*this, job, std::move(listener));
  {
    std::lock_guard lock(mutex_);
    waits_.emplace(wait.get(), wait);
  }
  wait->begin();
}

void JobWaits::give_up() {
  std::vector<std::shared_ptr<Wait>> left;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, wait] : waits_) left.push_back(wait);
  }
  for (const auto& wait : left) wait->tell_end(true);
}

void JobWaits::forget(const Wait* wait) {
  std::shared_ptr<Wait> forgotten;  // which goes without the lock
  std::lock_guard lock(mutex_);
  const auto found = waits_.find(wait);
  if (found == waits_.end()) return;
  forgotten = std::move(found->second);
  waits_.erase(found);
}

void JobWaits::reply_when_ended(const std::string& job, const HttpReply& reply,
                                std::function<HttpResponse(const Job& job)> answer, ProblemWriter problems) {
  wait(job, {.ended = [reply, problems, answer = std::move(answer)](const Job& ended) {
         try {
           reply.send(answer(ended));
         } catch (...) {
           reply.send(problems(current_problem()));
         }
       }});
}

HttpProblem problem_of_job(const Job& job) {
  if (!has_ended(job.state)) return {503, "stopping", "the server stops; the job is drawn after its next start"};
  if (job.state == JobState::cancelled) return {409, "cancelled", "the job was cancelled"};
  const int status = job.error_code == "invalid_argument" || job.error_code == "unsupported" ? 422
                     : job.error_code == "not_found" || job.error_code == "bad_file"         ? 422
                     : job.error_code == "out_of_memory"                                     ? 503
                     : job.error_code == "no_space"                                          ? 507
                                                                                             : 500;
  return {status, job.error_code, job.error};
}

}  // namespace pxf
