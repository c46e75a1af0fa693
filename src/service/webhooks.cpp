#include "service/webhooks.h"

#include <fmt/format.h>

#include <chrono>

#include "base/error.h"
#include "download/http_get.h"
#include "service/ids.h"

namespace pxf {
namespace {

constexpr std::chrono::milliseconds kLongestAnswer{20'000};
constexpr std::int64_t kLease = 60'000;  // milliseconds that one process has for a try before another may

Access webhook_access(const Url& url, bool allow_private) {
  Access access;
  if (allow_private) access.private_hosts = {url.host};
  return access;
}

}  // namespace

Webhooks::Webhooks(Service& service, const WebhookOptions& options)
    : service_(service), options_(options), secret_(service.accounts().secret(kWebhookSecret)) {
  thread_ = std::thread([this] { work(); });
}

Webhooks::~Webhooks() { stop(); }

void Webhooks::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  cancel_.request();
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status Webhooks::check(const std::string& url) const {
  constexpr std::size_t kLongest = 2000;
  const auto refuse = [](std::string why) { return Error{ErrorCode::invalid_argument, std::move(why), {}}; };
  if (url.size() > kLongest) return refuse(fmt::format("got {} characters, need at most {}", url.size(), kLongest));
  const auto parsed = parse_url(url);
  if (!parsed) return parsed.error();
  if (options_.allow_private) return Done{};
  if (!parsed.value().is_encrypted()) return refuse("got http, need https");
  if (!is_public_literal(parsed.value().host)) return refuse("is an address of this machine or its network");
  return Done{};
}

void Webhooks::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto looked = catch_errors([&] {
      for (const Due& due : due_now()) {
        if (cancel_.requested()) break;
        if (take(due)) tell(due);
      }
      return Done{};
    });
    static_cast<void>(looked);  // the database may be back at the next look
    lock.lock();
    wake_.wait_for(lock, std::chrono::milliseconds(options_.look_every), [this] { return stopping_; });
  }
}

std::vector<Webhooks::Due> Webhooks::due_now() {
  constexpr int kAtOnce = 50;
  return service_.database().with([&](Sql& sql) {
    std::vector<Due> all;
    for (const SqlRow& row : sql.rows("SELECT w.job, w.url, w.tries, w.due FROM webhooks w JOIN jobs j ON j.id = w.job "
                                      "WHERE w.state = 'waiting' AND w.due <= $1 "
                                      "AND j.state IN ('done', 'failed', 'cancelled') ORDER BY w.due, w.job LIMIT $2",
                                      {now_ms(), kAtOnce})) {
      all.push_back({row[0].text(), row[1].text(), row[2].whole(), row[3].whole()});
    }
    return all;
  });
}

/// False when another process has it.
bool Webhooks::take(const Due& due) {
  return service_.database().with([&](Sql& sql) {
    return sql.change("UPDATE webhooks SET due = $1 WHERE job = $2 AND due = $3 AND state = 'waiting'",
                      {now_ms() + kLease, due.job, due.due}) == 1;
  });
}

void Webhooks::tell(const Due& due) {
  const auto job = service_.queue().find(due.job);
  if (!job) return;
  const auto sent = catch_errors([&] { return post(due, dump(service_.describe(*job))); });
  const std::string problem = sent ? sent.value() : sent.error().text();
  if (cancel_.requested() && !problem.empty()) {  // it was us who broke it off
    service_.database().with([&](Sql& sql) {
      sql.change("UPDATE webhooks SET due = $1 WHERE job = $2", {due.due, due.job});
    });
    return;
  }
  const std::int64_t tries = due.tries + 1;
  std::int64_t wait = options_.first_wait;
  for (std::int64_t i = 1; i < tries; ++i) wait *= 6;
  const char* state = problem.empty() ? "sent" : tries >= options_.tries ? "given up" : "waiting";
  service_.database().with([&](Sql& sql) {
    sql.change("UPDATE webhooks SET state = $1, tries = $2, due = $3, problem = $4 WHERE job = $5",
               {state, tries, now_ms() + wait, problem, due.job});
  });
}

std::string Webhooks::post(const Due& due, const std::string& body) {
  const Url url = value_or_throw(parse_url(due.url));
  const Access access = webhook_access(url, options_.allow_private);
  if (const Status allowed = access.check(url); !allowed) return allowed.error().text();
  HttpGet request(url, access, {}, &cancel_);
  request.post(body,
               {"Content-Type: application/json", "Expect:", "X-PixelForge-Id: " + due.job,
                fmt::format("X-PixelForge-Timestamp: {}", now_ms() / 1000),
                "X-PixelForge-Signature: sha256=" + signature(secret_, body)},
               kLongestAnswer);
  request.give_to([](Bytes) { return false; });  // that it answers is enough
  if (const auto trouble = request.trouble(request.perform())) return trouble->error.text();
  if (request.status() < 200 || request.status() > 299) return fmt::format("the answer is {}", request.status());
  return {};
}

}  // namespace pxf
