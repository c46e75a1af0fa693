// What happens to jobs, told to whoever listens: in this process, and in others where a relay
// forwards it (event_relay.h). Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pxf {

struct JobEvent {
  std::string name;  // "queued", "started", "step", "image", "done", "failed", "cancelled"
  std::string data;  // JSON; of the last four: empty, the job is in the database
};

class EventHub {
 public:
  /// Called on whichever thread the news comes from; must be quick, must not throw.
  using Listener = std::function<void(const std::shared_ptr<const JobEvent>&)>;
  /// Listening ends when it goes; a call that has begun on another thread may still be under way then.
  class Subscription;

  std::unique_ptr<Subscription> subscribe(const std::string& job, Listener listener);
  /// Here, and wherever it is forwarded to.
  void publish(const std::string& job, JobEvent event);
  void publish_here(const std::string& job, JobEvent event);
  /// What is published goes there too; must be quick, must not throw. Empty: no longer.
  void forward_to(std::function<void(const std::string& job, const JobEvent& event)> forward);
  /// Jobs that somebody listens to.
  std::vector<std::string> listened_to();
  bool has_listeners_here(const std::string& job);
  /// Somebody elsewhere may listen.
  bool is_forwarded();
  std::size_t listeners();

 private:
  std::mutex mutex_;
  std::int64_t next_ = 0;
  std::mutex forward_mutex_;  // held while it is called
  std::function<void(const std::string&, const JobEvent&)> forward_;
  std::multimap<std::string, std::pair<std::int64_t, std::shared_ptr<const Listener>>> listeners_;
};

class EventHub::Subscription {
 public:
  Subscription(EventHub& hub, std::string job, std::int64_t number)
      : hub_(hub), job_(std::move(job)), number_(number) {}
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  EventHub& hub_;
  std::string job_;
  std::int64_t number_;
};

}  // namespace pxf
