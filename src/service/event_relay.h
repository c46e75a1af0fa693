// What happens to jobs, between the processes that share a PostgreSQL: what this one's hub is told goes to the others,
// and what they tell comes to this hub. News is lost while the connection is; so the jobs that somebody listens to here
// are looked at each second too.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/descriptor.h"
#include "service/events.h"
#include "service/postgres.h"
#include "service/queue.h"
#include "service/worker.h"

namespace pxf {

class EventRelay {
 public:
  struct Calls {
    std::function<void()> queued;                           // a job came, at whichever process
    std::function<void(const std::string& job)> cancelled;  // one that runs shall stop
  };

  /// What is given outlives it.
  EventRelay(const std::string& address, EventHub& hub, Queue& queue, Calls calls);
  ~EventRelay();
  EventRelay(const EventRelay&) = delete;
  EventRelay& operator=(const EventRelay&) = delete;

  void tell_queued();
  void tell_cancelled(const std::string& job);
  /// The jobs that other processes draw, as far as they have told.
  std::vector<LiveJob> live();

 private:
  void send(const std::string& job, const JobEvent& event);
  void work();
  void listen();
  void send_waiting();
  void receive();
  void arrived(const std::string& job, JobEvent event);
  void look();
  void look_at(const std::string& id);
  void wait();
  void ring();

  std::string address_;
  EventHub& hub_;
  Queue& queue_;
  Calls calls_;
  const std::string name_;  // by which it knows its own news again
  Descriptor bell_;         // rings when there is something to send
  std::mutex mutex_;
  std::deque<std::string> to_send_;
  std::map<std::string, LiveJob> live_;
  std::set<std::string> started_;  // of those listened to, whose plan has been told
  std::int64_t looked_ = 0;
  std::unique_ptr<PostgresConnection> connection_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace pxf
