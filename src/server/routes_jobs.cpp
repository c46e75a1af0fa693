#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/error.h"
#include "server/routes.h"
#include "service/ids.h"
#include "service/job_json.h"

namespace pxf {
namespace {

constexpr std::string_view kEventStream = "text/event-stream";

// What others own is not there.
Job job_or_problem(Service& service, const Call& call) {
  const std::string& id = call.at("id");
  auto job = service.queue().find(id);
  if (!job || !caller_of(call.request).may_see(job->owner))
    throw HttpProblem(404, "not_found", fmt::format("job \"{}\": there is none", id));
  return *job;
}

/// Beside what is to be drawn; empty: none.
std::string take_webhook(Json& body) {
  const auto found = body.is_object() ? body.find("webhook") : body.end();
  if (found == body.end()) return {};
  const Json webhook = *found;
  body.erase(found);
  if (webhook.is_null()) return {};
  if (!webhook.is_string()) throw HttpProblem(422, "invalid_argument", "need an address", "webhook");
  return webhook.get<std::string>();
}

JobRequest asked_for(Json body) {
  take_webhook(body);
  auto asked = read_job_request(body);
  if (!asked) throw HttpProblem(422, "invalid_argument", asked.error().text(), asked.error().context);
  return std::move(asked).value();
}

// A model or picture that the body names and that is not there is the body's fault, not the address's; so is a size
// for which there will never be memory enough.
template <class Work>
auto with_body_at_fault(const Work& work) {
  try {
    return work();
  } catch (const Failure& failure) {
    const Error& error = failure.error();
    if (error.code == ErrorCode::not_found || error.code == ErrorCode::out_of_memory)
      throw HttpProblem(422, to_string(error.code), error.text());
    throw;
  }
}

// Visitors have no program that could be told; their addresses would make this server knock at others' doors.
std::string webhook_of(Site& site, const HttpRequest& request, Json& body) {
  std::string webhook = take_webhook(body);
  if (webhook.empty()) return webhook;
  if (caller_of(request).is_visitor)
    throw HttpProblem(403, "not_allowed", "webhooks are for users and keys", "webhook");
  if (const Status fits = site.webhooks.check(webhook); !fits)
    throw HttpProblem(422, to_string(fits.error().code), fits.error().text(), "webhook");
  return webhook;
}

HttpResponse create_job(Site& site, const HttpRequest& request) {
  Service& service = site.service;
  const IdempotencyKey key{std::string(request.header("Idempotency-Key")), request.body};
  Json body = json_body(request);
  const std::string webhook = webhook_of(site, request, body);
  const Job job = with_body_at_fault([&] { return service.submit(caller_of(request), asked_for(body), key, webhook); });
  HttpResponse response = json_response(service.describe(job), 202);
  response.headers.emplace_back("Location", "/v1/jobs/" + job.id);
  if (const auto left = service.allowance(caller_of(request))) add_rate_limit(*left, response.headers);
  return response;
}

std::string state_of(const HttpRequest& request) {
  std::string state = request.parameter("state");
  if (!state.empty() && state != to_string(job_state_of(state)))
    throw HttpProblem(422, "invalid_argument", fmt::format("got \"{}\", need that of a job", state), "state");
  return state;
}

HttpResponse list_jobs(Service& service, const HttpRequest& request) {
  const Caller& caller = caller_of(request);
  const auto part = service.queue().list({.owner = caller.is_admin ? std::string() : caller.owner,
                                          .state = state_of(request),
                                          .before = cursor_of(request),
                                          .limit = limit_of(request)});
  return json_response(
      {{"data", service.describe(part.items)}, {"next", part.next.empty() ? Json() : Json(part.next)}});
}

HttpResponse cancel_job(Service& service, const Call& call) {
  return json_response(service.describe(*service.cancel(job_or_problem(service, call).id)));
}

// One reader of a job's events: first the state of now, then the news, until the job has ended.
class JobEvents : public std::enable_shared_from_this<JobEvents> {
 public:
  JobEvents(Service& service, std::string id, std::shared_ptr<HttpStream> stream)
      : service_(service), id_(std::move(id)), stream_(std::move(stream)) {}

  void begin() {
    stream_->on_end([self = shared_from_this()] { self->end(); });  // which keeps it alive until then
    // The news may come before the state of now has been sent; it waits.
    std::lock_guard lock(mutex_);
    subscription_ = service_.events().subscribe(id_, [weak = weak_from_this()](const auto& event) {
      if (const auto reader = weak.lock()) reader->tell(*event);
    });
    tell_now();
  }

 private:
  void tell_now() {
    const Job job = service_.queue().find(id_).value();
    if (job.state == JobState::queued) send("queued", {{"position", service_.queue().position(job)}}, false);
    if (!job.plan.empty()) send("started", {{"plan", Json::parse(job.plan)}}, false);
    tell_images();
    if (const auto live = service_.live_job(id_)) send("step", step_json(*live), true);
    if (has_ended(job.state)) tell_end(job);
  }
  void tell(const JobEvent& event) {
    std::lock_guard lock(mutex_);
    if (has_ended_) return;
    if (event.name == "image") return tell_images();
    if (!event.data.empty()) return stream_->send(event_text(event.name, event.data), event.name == "step");
    tell_images();
    if (const auto job = service_.queue().find(id_)) tell_end(*job);
  }
  void tell_images() {
    for (const StoredPicture& picture : service_.pictures().of_job(id_)) {
      if (std::ranges::find(told_, picture.id) != told_.end()) continue;
      told_.push_back(picture.id);
      send("image", image_json(picture), false);
    }
  }
  void tell_end(const Job& job) {
    send(to_string(job.state), service_.describe(job), false);
    has_ended_ = true;
    stream_->close();
  }
  void send(std::string_view name, const Json& data, bool may_drop) {
    stream_->send(event_text(name, dump(data)), may_drop);
  }
  void end() {
    std::unique_ptr<EventHub::Subscription> ended;
    std::lock_guard lock(mutex_);
    has_ended_ = true;
    ended = std::move(subscription_);
  }

  Service& service_;
  std::string id_;
  std::shared_ptr<HttpStream> stream_;
  std::recursive_mutex mutex_;
  std::unique_ptr<EventHub::Subscription> subscription_;
  std::vector<std::string> told_;
  bool has_ended_ = false;
};

}  // namespace

void add_job_routes(Router& router, Site& site) {
  Service& service = site.service;
  router.add("POST", "/v1/jobs", [&](const Call& call) { return create_job(site, call.request); });
  router.add("GET", "/v1/jobs", [&](const Call& call) { return list_jobs(service, call.request); });
  router.add("GET", "/v1/jobs/{id}",
             [&](const Call& call) { return json_response(service.describe(job_or_problem(service, call))); });
  router.add("DELETE", "/v1/jobs/{id}", [&](const Call& call) { return cancel_job(service, call); });
  router.add_late("GET", "/v1/jobs/{id}/events", [&](const Call& call, const HttpReply& reply) {
    const Job job = job_or_problem(service, call);
    const auto stream = reply.stream(
        {.headers = {
             {"Content-Type", std::string(kEventStream)}, {"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}}});
    std::make_shared<JobEvents>(service, job.id, stream)->begin();
  });
  router.add("POST", "/v1/plan", [&](const Call& call) {
    return json_response(plan_json(
        with_body_at_fault([&] { return service.plan(caller_of(call.request), asked_for(json_body(call.request))); })));
  });
}

}  // namespace pxf
