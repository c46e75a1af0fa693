#include "service/events.h"

#include <utility>

namespace pxf {

std::unique_ptr<EventHub::Subscription> EventHub::subscribe(const std::string& job, Listener listener) {
  std::lock_guard lock(mutex_);
  const std::int64_t number = ++next_;
  listeners_.emplace(job, std::pair{number, std::make_shared<const Listener>(std::move(listener))});
  return std::make_unique<Subscription>(*this, job, number);
}

EventHub::Subscription::~Subscription() {
  std::lock_guard lock(hub_.mutex_);
  const auto [first, last] = hub_.listeners_.equal_range(job_);
  for (auto i = first; i != last; ++i) {
    if (i->second.first != number_) continue;
    hub_.listeners_.erase(i);
    return;
  }
}

void EventHub::publish(const std::string& job, JobEvent event) {
  {
    std::lock_guard lock(forward_mutex_);
    if (forward_) forward_(job, event);
  }
  publish_here(job, std::move(event));
}

void EventHub::forward_to(std::function<void(const std::string&, const JobEvent&)> forward) {
  std::lock_guard lock(forward_mutex_);
  forward_ = std::move(forward);
}

bool EventHub::is_forwarded() {
  std::lock_guard lock(forward_mutex_);
  return static_cast<bool>(forward_);
}

// Listeners are called without the lock: they may subscribe, and end subscriptions.
void EventHub::publish_here(const std::string& job, JobEvent event) {
  const auto shared = std::make_shared<const JobEvent>(std::move(event));
  std::vector<std::shared_ptr<const Listener>> now;
  {
    std::lock_guard lock(mutex_);
    const auto [first, last] = listeners_.equal_range(job);
    for (auto i = first; i != last; ++i) now.push_back(i->second.second);
  }
  for (const auto& listener : now) (*listener)(shared);
}

std::vector<std::string> EventHub::listened_to() {
  std::lock_guard lock(mutex_);
  std::vector<std::string> jobs;
  for (auto i = listeners_.begin(); i != listeners_.end(); i = listeners_.upper_bound(i->first))
    jobs.push_back(i->first);
  return jobs;
}

bool EventHub::has_listeners_here(const std::string& job) {
  std::lock_guard lock(mutex_);
  return listeners_.contains(job);
}

std::size_t EventHub::listeners() {
  std::lock_guard lock(mutex_);
  return listeners_.size();
}

}  // namespace pxf
