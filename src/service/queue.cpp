#include "service/queue.h"

#include <unistd.h>

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "service/ids.h"

namespace pxf {
namespace {

constexpr std::string_view kColumns =
    "id, owner, state, priority, turn, checkpoint, request, count, cancelling, attempts, worker, plan, error_code, "
    "error, digest, created, started, finished, choice";
constexpr std::int64_t kForgotten = 3'600'000;  // after which a worker that was killed is no longer kept
const std::string kQueueClock = "";             // no owner has this name

Job job_of(const SqlRow& row) {
  Job job;
  std::size_t i = 0;
  job.id = row[i++].text();
  job.owner = row[i++].text();
  job.state = job_state_of(row[i++].text());
  job.priority = row[i++].whole();
  job.turn = row[i++].whole();
  job.checkpoint = row[i++].text();
  job.request = row[i++].text();
  job.count = static_cast<int>(row[i++].whole());
  job.cancelling = row[i++].whole() != 0;
  job.attempts = static_cast<int>(row[i++].whole());
  job.worker = row[i++].text();
  job.plan = row[i++].text();
  job.error_code = row[i++].text();
  job.error = row[i++].text();
  job.digest = row[i++].text();
  job.created = row[i++].whole();
  job.started = row[i++].whole();
  job.finished = row[i++].whole();
  job.choice = row[i++].text();
  return job;
}

std::vector<Job> jobs_of(const std::vector<SqlRow>& rows) {
  std::vector<Job> out;
  std::ranges::transform(rows, std::back_inserter(out), job_of);
  return out;
}

std::optional<Job> first_job(const std::vector<SqlRow>& rows) {
  if (rows.empty()) return std::nullopt;
  return job_of(rows[0]);
}

std::string select(std::string_view rest) { return fmt::format("SELECT {} FROM jobs {}", kColumns, rest); }

std::int64_t clock_of(Sql& sql, const std::string& owner) {
  const auto rows = sql.rows("SELECT turn FROM clocks WHERE owner = $1", {owner});
  return rows.empty() ? 0 : rows[0][0].whole();
}

void set_clock(Sql& sql, const std::string& owner, std::int64_t turn) {
  sql.change("INSERT INTO clocks (owner, turn) VALUES ($1, $2) ON CONFLICT (owner) DO UPDATE SET turn = $2",
             {owner, turn});
}

std::int64_t count_where(Sql& sql, std::string_view state) {
  return sql.rows("SELECT count(*) FROM jobs WHERE state = $1", {state})[0][0].whole();
}

std::optional<Job> job_under_key(Sql& sql, const NewJob& job) {
  if (job.idempotency.empty()) return std::nullopt;
  auto found = first_job(sql.rows(select("WHERE owner = $1 AND idempotency = $2"), {job.owner, job.idempotency}));
  if (found && found->digest != job.digest) {
    throw Failure(Error{ErrorCode::invalid_argument, "came with another body before; use a new key for another request",
                        "Idempotency-Key"});
  }
  return found;
}

Job insert(Sql& sql, const NewJob& job) {
  const std::int64_t turn = std::max(clock_of(sql, kQueueClock), clock_of(sql, job.owner));
  set_clock(sql, job.owner, turn + std::max<std::int64_t>(1, job.cost));
  const std::string id = new_id();
  sql.change(
      "INSERT INTO jobs (id, owner, state, priority, turn, cost, checkpoint, request, count, idempotency, digest, "
      "created, choice) VALUES ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
      {id, job.owner, job.priority, turn, job.cost, job.checkpoint, job.request, job.count,
       job.idempotency.empty() ? SqlValue() : SqlValue(job.idempotency), job.digest, now_ms(), job.choice});
  if (!job.webhook.empty()) sql.change("INSERT INTO webhooks (job, url) VALUES ($1, $2)", {id, job.webhook});
  return *first_job(sql.rows(select("WHERE id = $1"), {id}));
}

void check_owner(Sql& sql, const NewJob& job) {
  if (!job.most_at_once) return;
  const auto now =
      sql.rows("SELECT count(*) FROM jobs WHERE owner = $1 AND state IN ('queued', 'running')", {job.owner});
  if (now[0][0].whole() < *job.most_at_once) return;
  throw LimitReached(LimitReached::Until::a_job_ends,
                     fmt::format("{} of your jobs wait or run already; wait for one of them", now[0][0].whole()));
}

// The next job by the rules of the queue alone, or one of the held checkpoint where nobody has waited too long.
std::optional<Job> next_job(Sql& sql, const std::string& held, std::int64_t patience) {
  auto head = first_job(sql.rows(select("WHERE state = 'queued' ORDER BY priority DESC, turn, id LIMIT 1")));
  if (!head || held.empty() || head->checkpoint == held || now_ms() - head->created > patience) return head;
  auto same = first_job(sql.rows(select("WHERE state = 'queued' AND priority = $1 AND checkpoint = $2 "
                                        "ORDER BY priority DESC, turn, id LIMIT 1"),
                                 {head->priority, held}));
  return same ? same : head;
}

}  // namespace

const char* to_string(JobState state) noexcept {
  switch (state) {
    case JobState::queued: return "queued";
    case JobState::running: return "running";
    case JobState::done: return "done";
    case JobState::failed: return "failed";
    case JobState::cancelled: return "cancelled";
  }
  return "failed";
}

JobState job_state_of(const std::string& text) {
  for (const JobState state : {JobState::queued, JobState::running, JobState::done, JobState::cancelled}) {
    if (text == to_string(state)) return state;
  }
  return JobState::failed;
}

Job Queue::submit(const NewJob& job, std::int64_t most_queued) {
  return database_.at_once([&](Sql& sql) {
    if (auto known = job_under_key(sql, job)) return *known;
    if (count_where(sql, "queued") >= most_queued) throw QueueFull();
    check_owner(sql, job);
    Job made = insert(sql, job);
    take(sql, made.id, made.count, job.charges);
    return made;
  });
}

std::optional<Job> Queue::find(const std::string& id) {
  return database_.look([&](Sql& sql) { return first_job(sql.rows(select("WHERE id = $1"), {id})); });
}

Part<Job> Queue::list(const JobFilter& filter) {
  const auto rows = database_.look([&](Sql& sql) {
    return sql.rows(select("WHERE ($1 = '' OR owner = $1) AND ($2 = '' OR state = $2) AND ($3 = '' OR id < $3) "
                           "ORDER BY id DESC LIMIT $4"),
                    {filter.owner, filter.state, filter.before, filter.limit + 1});
  });
  Part<Job> part{jobs_of(rows), {}};
  if (part.items.size() > static_cast<std::size_t>(filter.limit)) {
    part.items.pop_back();
    part.next = part.items.back().id;
  }
  return part;
}

QueueCounts Queue::counts() {
  return database_.look([](Sql& sql) { return QueueCounts{count_where(sql, "queued"), count_where(sql, "running")}; });
}

std::vector<std::string> Queue::waiting() {
  const auto rows = database_.look(
      [](Sql& sql) { return sql.rows("SELECT id FROM jobs WHERE state = 'queued' ORDER BY priority DESC, turn, id"); });
  std::vector<std::string> ids;
  for (const SqlRow& row : rows) ids.push_back(row[0].text());
  return ids;
}

std::int64_t Queue::position(const Job& job) {
  if (job.state != JobState::queued) return 0;
  return database_.look([&](Sql& sql) {
    return sql
        .rows(
            "SELECT count(*) FROM jobs WHERE state = 'queued' AND (priority > $1 OR (priority = $1 AND "
            "(turn < $2 OR (turn = $2 AND id < $3))))",
            {job.priority, job.turn, job.id})[0][0]
        .whole();
  });
}

// One look at the whole order, where a count for each job would look at most of it again and again.
std::vector<std::int64_t> Queue::positions(const std::vector<Job>& jobs) {
  const auto is_queued = [](const Job& job) { return job.state == JobState::queued; };
  std::vector<std::int64_t> out(jobs.size(), 0);
  if (std::ranges::count_if(jobs, is_queued) <= 1) {
    std::ranges::transform(jobs, out.begin(), [this](const Job& job) { return position(job); });
    return out;
  }
  std::unordered_map<std::string, std::int64_t> places;
  for (std::string& id : waiting()) places.emplace(std::move(id), std::ssize(places));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (const auto place = places.find(jobs[i].id); place != places.end()) out[i] = place->second;
  }
  return out;
}

std::optional<Job> Queue::claim(const std::string& worker, const std::string& held, std::int64_t lease,
                                std::int64_t patience) {
  return database_.at_once([&](Sql& sql) -> std::optional<Job> {
    auto job = next_job(sql, held, patience);
    if (!job) return std::nullopt;
    const std::int64_t now = now_ms();
    sql.change(
        "UPDATE jobs SET state = 'running', worker = $2, lease = $3, attempts = attempts + 1, started = $4 "
        "WHERE id = $1",
        {job->id, worker, now + lease, now});
    if (job->turn > clock_of(sql, kQueueClock)) set_clock(sql, kQueueClock, job->turn);
    return first_job(sql.rows(select("WHERE id = $1"), {job->id}));
  });
}

bool Queue::renew(const Job& job, std::int64_t lease) {
  return database_.with([&](Sql& sql) {
    return sql.change(
               "UPDATE jobs SET lease = $4 WHERE id = $1 AND state = 'running' AND worker = $2 AND attempts = $3",
               {job.id, job.worker, job.attempts, now_ms() + lease}) == 1;
  });
}

void Queue::set_plan(const Job& job, const std::string& plan) {
  database_.with([&](Sql& sql) { sql.change("UPDATE jobs SET plan = $2 WHERE id = $1", {job.id, plan}); });
}

bool Queue::is_cancelling(const std::string& id) {
  return database_.look(
      [&](Sql& sql) { return !sql.rows("SELECT 1 FROM jobs WHERE id = $1 AND cancelling <> 0", {id}).empty(); });
}

bool Queue::finish(const Job& job, JobState state, const std::optional<Error>& error) {
  return database_.at_once([&](Sql& sql) {
    const bool is_ours = sql.change(
                             "UPDATE jobs SET state = $4, error_code = $5, error = $6, finished = $7 "
                             "WHERE id = $1 AND state = 'running' AND worker = $2 AND attempts = $3",
                             {job.id, job.worker, job.attempts, to_string(state), error ? to_string(error->code) : "",
                              error ? error->text() : std::string(), now_ms()}) == 1;
    if (is_ours) give_back(sql, job.id);
    return is_ours;
  });
}

void Queue::put_back(const Job& job) {
  database_.with([&](Sql& sql) {
    sql.change(
        "UPDATE jobs SET state = 'queued', worker = '', attempts = attempts - 1, started = 0 "
        "WHERE id = $1 AND state = 'running' AND worker = $2 AND attempts = $3",
        {job.id, job.worker, job.attempts});
  });
}

std::vector<Job> Queue::take_back_orphans(int most, bool all) {
  return database_.at_once([&](Sql& sql) {
    const std::int64_t now = now_ms();
    const std::int64_t until = all ? std::numeric_limits<std::int64_t>::max() : now;
    const auto lost = jobs_of(sql.rows(
        select("WHERE state = 'running' AND lease < $1 AND (cancelling <> 0 OR attempts >= $2)"), {until, most}));
    for (const Job& job : lost) {
      sql.change("UPDATE jobs SET state = $2, error_code = $3, error = $4, finished = $5 WHERE id = $1",
                 {job.id, job.cancelling ? "cancelled" : "failed", job.cancelling ? "" : "internal",
                  job.cancelling ? std::string()
                                 : fmt::format("the process that drew it has died {} times in a row", job.attempts),
                  now});
      give_back(sql, job.id);
    }
    sql.change("UPDATE jobs SET state = 'queued', worker = '', started = 0 WHERE state = 'running' AND lease < $1",
               {until});
    return lost;
  });
}

void Queue::set_status(const std::string& worker, const std::string& status) {
  database_.with([&](Sql& sql) {
    sql.change(
        "INSERT INTO workers (id, pid, seen, status) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET seen = $3, "
        "status = $4",
        {worker, std::int64_t{::getpid()}, now_ms(), status});
  });
}

void Queue::forget_worker(const std::string& worker) {
  database_.with([&](Sql& sql) {
    sql.change("DELETE FROM workers WHERE id = $1 OR seen < $2", {worker, now_ms() - kForgotten});
  });
}

std::optional<Job> Queue::cancel(const std::string& id) {
  return database_.at_once([&](Sql& sql) {
    const auto dropped = sql.change(
        "UPDATE jobs SET state = 'cancelled', finished = $2 WHERE id = $1 AND state = 'queued'", {id, now_ms()});
    if (dropped > 0) give_back(sql, id);
    sql.change("UPDATE jobs SET cancelling = 1 WHERE id = $1 AND state = 'running'", {id});
    return first_job(sql.rows(select("WHERE id = $1"), {id}));
  });
}

}  // namespace pxf
