#include "service/event_relay.h"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "service/ids.h"
#include "service/job_json.h"

namespace pxf {
namespace {

constexpr std::size_t kLargestPayload = 7999;  // PostgreSQL's, bytes
constexpr std::size_t kMostWaiting = 1000;     // of what is to be sent; more is lost, and found by looking
constexpr std::int64_t kLookEvery = 1000;      // milliseconds
constexpr std::string_view kWorkCame = "work", kStop = "stop";

std::string payload_of(const std::string& from, const std::string& job, const JobEvent& event) {
  Json told = {{"from", from}, {"job", job}, {"event", event.name}, {"data", event.data}};
  std::string text = dump(told);
  if (text.size() <= kLargestPayload) return text;
  told["data"] = "";  // the plan is in the database
  if (event.name == "step") {
    Json step = Json::parse(event.data);
    step["preview"] = nullptr;
    told["data"] = dump(step);
  }
  return dump(told);
}

Stage stage_named(const std::string& name) {
  for (const Stage stage : {Stage::open, Stage::text, Stage::vae, Stage::done}) {
    if (name == to_string(stage)) return stage;
  }
  return Stage::steps;
}

LiveJob live_of(const std::string& job, const Json& step) {
  LiveJob live;
  live.id = job;
  live.progress.stage = stage_named(step.value("stage", ""));
  live.progress.picture = step.value("picture", 0);
  live.progress.pictures = step.value("pictures", 1);
  live.progress.step = step.value("step", 0);
  live.progress.steps = step.value("steps", 0);
  live.progress.steps_per_second = step.value("steps_per_second", 0.0);
  live.progress.seconds_left = step["seconds_left"].is_number() ? step["seconds_left"].get<double>() : -1;
  if (step["preview"].is_string()) live.preview = step["preview"].get<std::string>();
  return live;
}

}  // namespace

EventRelay::EventRelay(const std::string& address, EventHub& hub, Queue& queue, Calls calls)
    : address_(address),
      hub_(hub),
      queue_(queue),
      calls_(std::move(calls)),
      name_(new_id()),
      bell_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!bell_.is_open()) throw Failure(system_error(errno, "make", "an eventfd"));
  listen();
  hub_.forward_to([this](const std::string& job, const JobEvent& event) { send(job, event); });
  thread_ = std::thread([this] { work(); });
}

EventRelay::~EventRelay() {
  hub_.forward_to({});
  stopping_ = true;
  ring();
  thread_.join();
}

void EventRelay::tell_queued() { send("", {std::string(kWorkCame), {}}); }
void EventRelay::tell_cancelled(const std::string& job) { send(job, {std::string(kStop), {}}); }

std::vector<LiveJob> EventRelay::live() {
  std::lock_guard lock(mutex_);
  std::vector<LiveJob> all;
  for (const auto& [id, live] : live_) all.push_back(live);
  return all;
}

void EventRelay::send(const std::string& job, const JobEvent& event) {
  if (job.find('/') != std::string::npos) return;  // of this process alone, like its tasks
  std::string payload = payload_of(name_, job, event);
  {
    std::lock_guard lock(mutex_);
    if (to_send_.size() < kMostWaiting) to_send_.push_back(std::move(payload));
  }
  ring();
}

void EventRelay::ring() {
  const std::uint64_t one = 1;
  const auto written = ::write(bell_.get(), &one, sizeof one);
  static_cast<void>(written);  // full: it rings already
}

void EventRelay::listen() {
  connection_ = std::make_unique<PostgresConnection>(address_);
  connection_->run("LISTEN pixelforge");
}

void EventRelay::work() {
  while (!stopping_) {
    wait();
    const auto done = catch_errors([&] {
      if (!connection_) listen();
      send_waiting();
      receive();
      return Done{};
    });
    if (!done) connection_.reset();
    const auto looked = catch_errors([&] { return look(), Done{}; });
    static_cast<void>(looked);  // the next look may succeed
  }
  const auto sent = catch_errors([&] { return connection_ ? send_waiting() : void(), Done{}; });
  static_cast<void>(sent);  // the others look for themselves
}

void EventRelay::wait() {
  std::array<pollfd, 2> ends{
      {{bell_.get(), POLLIN, 0}, {connection_ ? PQsocket(connection_->handle()) : -1, POLLIN, 0}}};
  ::poll(ends.data(), ends.size(), static_cast<int>(kLookEvery));
  std::uint64_t rung = 0;
  const auto read = ::read(bell_.get(), &rung, sizeof rung);
  static_cast<void>(read);  // nothing there: it has not rung
}

// A statement on a connection that was lost would be run on a new one, which does not listen: hence not run().
void EventRelay::send_waiting() {
  std::deque<std::string> payloads;
  {
    std::lock_guard lock(mutex_);
    payloads.swap(to_send_);
  }
  for (const std::string& payload : payloads) {
    const int backend = PQbackendPID(connection_->handle());
    connection_->run("SELECT pg_notify('pixelforge', $1)", {payload});
    if (PQbackendPID(connection_->handle()) != backend) connection_->run("LISTEN pixelforge");
  }
}

void EventRelay::receive() {
  pg_conn* connection = connection_->handle();
  if (PQconsumeInput(connection) == 0) fail(ErrorCode::io, "the connection to PostgreSQL was lost");
  while (true) {
    const std::unique_ptr<PGnotify, decltype(&PQfreemem)> news(PQnotifies(connection), PQfreemem);
    if (!news) return;
    const Json told = Json::parse(news->extra, nullptr, false);
    if (!told.is_object() || told.value("from", "") == name_) continue;
    const auto taken = catch_errors([&] {
      arrived(told.value("job", ""), {told.value("event", ""), told.value("data", "")});
      return Done{};
    });
    static_cast<void>(taken);  // of another version, perhaps
  }
}

void EventRelay::arrived(const std::string& job, JobEvent event) {
  if (event.name == kWorkCame) return calls_.queued();
  if (event.name == kStop) return calls_.cancelled(job);
  const bool has_ended = event.data.empty() && event.name != "image" && event.name != "started";
  {
    std::lock_guard lock(mutex_);
    if (event.name == "step") live_[job] = live_of(job, Json::parse(event.data));
    if (has_ended) live_.erase(job);
  }
  if (!hub_.has_listeners_here(job)) return;
  if (event.name == "started") {
    started_.insert(job);
    const auto now = event.data.empty() ? queue_.find(job) : std::nullopt;
    if (now && !now->plan.empty()) event.data = dump({{"plan", Json::parse(now->plan)}});
    if (event.data.empty()) return;
  }
  hub_.publish_here(job, std::move(event));
}

void EventRelay::look() {
  if (now_ms() - looked_ < kLookEvery) return;
  looked_ = now_ms();
  const std::vector<std::string> listened_to = hub_.listened_to();
  std::erase_if(started_, [&](const std::string& id) { return !std::ranges::binary_search(listened_to, id); });
  for (const std::string& id : listened_to) {
    if (id.find('/') == std::string::npos) look_at(id);
  }
  for (const LiveJob& told : live()) {  // the news of its end may be lost
    const auto job = queue_.find(told.id);
    if (job && job->state == JobState::running) continue;
    std::lock_guard lock(mutex_);
    live_.erase(told.id);
  }
}

void EventRelay::look_at(const std::string& id) {
  const auto job = queue_.find(id);
  if (!job) return;
  if (job->state == JobState::queued)
    return hub_.publish_here(id, {"queued", dump({{"position", queue_.position(*job)}})});
  if (!job->plan.empty() && started_.insert(id).second)
    hub_.publish_here(id, {"started", dump({{"plan", Json::parse(job->plan)}})});
  hub_.publish_here(id, {has_ended(job->state) ? to_string(job->state) : "image", {}});
}

}  // namespace pxf
