#include "service/service.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <random>
#include <utility>

#include "base/base64.h"
#include "base/descriptor.h"
#include "base/error.h"
#include "base/file.h"
#include "json/choice.h"
#include "service/ids.h"
#include "service/job_json.h"

namespace pxf {

namespace fs = std::filesystem;

/// One process serves a home: two would each take the other's jobs for orphans.
class Service::Lock {
 public:
  explicit Lock(const fs::path& home) {
    std::error_code failed;
    fs::create_directories(home, failed);
    if (failed) throw Failure(system_error(failed.value(), "make the library's folder", home));
    const fs::path path = home / "serve.lock";
    descriptor_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!descriptor_.is_open()) throw Failure(system_error(errno, "open", path));
    if (::flock(descriptor_.get(), LOCK_EX | LOCK_NB) == 0) return;
    throw Failure(Error{ErrorCode::io,
                        "another pixelforge serves from this folder; end it, or set PIXELFORGE_HOME to another one",
                        home.string()});
  }

 private:
  Descriptor descriptor_;
};

namespace {

fs::path home_of(Engine& engine, const ServiceOptions& options) {
  if (!options.home.empty()) return options.home;
  return Library(engine).home();
}

/// 32 bits, as every peer's page shows them, and no reader of JSON loses a digit.
std::uint64_t random_seed() { return std::random_device()(); }

// What a job costs its owner's turn: a picture of 512x512 in 20 steps is 100.
std::int64_t cost_of(const Plan& plan) {
  constexpr double kUnit = 512.0 * 512 * 20 / 100;
  const double pixels = static_cast<double>(plan.width) * plan.height * plan.steps +
                        static_cast<double>(plan.hires_width) * plan.hires_height * plan.hires_steps;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(pixels * plan.count / kUnit));
}

/// Of one picture of the plan, rounded up.
std::int64_t megapixel_steps(const Plan& plan) {
  constexpr double kMegapixel = 1024.0 * 1024;
  const double steps = (static_cast<double>(plan.width) * plan.height * plan.steps +
                        static_cast<double>(plan.hires_width) * plan.hires_height * plan.hires_steps) /
                       kMegapixel;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(steps)));
}

std::vector<Charge> charges_of(const Caller& caller, const Plan& plan) {
  std::vector<Charge> charges;
  for (const Allowance& allowance : caller.allowances) {
    const bool steps = allowance.in_megapixel_steps;
    charges.push_back({steps ? allowance.subject + "/megapixel-steps" : allowance.subject, allowance.limit,
                       steps ? megapixel_steps(plan) : 1});
  }
  return charges;
}

// Before a prompt is read for each picture, which takes a while for many.
void check_count(const Caller& caller, int count) {
  for (const Allowance& one : caller.allowances) {
    if (one.in_megapixel_steps || count <= std::max<std::int64_t>(1, one.limit)) continue;
    throw LimitReached(LimitReached::Until::for_ever,
                       fmt::format("{} pictures: {} a day are allowed to you", count, one.limit));
  }
}

void check_limits(const Limits& limits, const Plan& plan) {
  const auto refuse = [](std::string text) { throw LimitReached(LimitReached::Until::for_ever, std::move(text)); };
  const int side = std::max({plan.width, plan.height, plan.hires_width, plan.hires_height});
  if (limits.largest_side && side > *limits.largest_side) {
    refuse(fmt::format("a side of {} pixels: at most {} are allowed to you", side, *limits.largest_side));
  }
  const auto& allowed = limits.checkpoints;
  if (!allowed.empty() && std::ranges::find(allowed, plan.checkpoint) == allowed.end()) {
    refuse(fmt::format("checkpoint {}: you may use {}", plan.checkpoint, fmt::join(allowed, ", ")));
  }
}

}  // namespace

Caller caller_of(const Account& account) {
  Caller caller;
  caller.owner = account.id;
  caller.name = account.name;
  caller.is_admin = account.is_admin;
  caller.priority = account.priority;
  caller.limits = account.limits;
  const std::string subject = "account:" + account.id;
  if (account.limits.pictures_per_day) caller.allowances.push_back({subject, *account.limits.pictures_per_day});
  if (account.limits.megapixel_steps_per_day)
    caller.allowances.push_back({subject, *account.limits.megapixel_steps_per_day, true});
  return caller;
}

Service::Service(Engine& engine, const ServiceOptions& options)
    : engine_(engine),
      memory_(engine.machine().memory_available),
      options_(options),
      home_(home_of(engine, options)),
      lock_(options.database.empty() ? std::make_unique<Lock>(home_) : nullptr),
      database_(open_database(options.database, home_), open_database(options.database, home_)),
      store_(open_picture_store(options.store, home_)),
      accounts_(database_),
      queue_(database_),
      pictures_(database_, *store_),
      policy_(options.policy) {
  require(options.keep_days >= 0, "days: got {}, need 0 (for ever) or more", options.keep_days);
  options_.worker.policy = &policy_;
  const bool is_alone = options.database.empty();
  queue_.take_back_orphans(options.worker.attempts, is_alone);
  if (options.draws) worker_ = std::make_unique<Worker>(engine_, queue_, pictures_, events_, options_.worker);
  if (options.keep_days > 0) retention_ = std::make_unique<Retention>(pictures_, options.keep_days);
  if (is_alone) return;
  relay_ = std::make_unique<EventRelay>(options.database, events_, queue_,
                                        EventRelay::Calls{.queued =
                                                              [this] {
                                                                if (worker_) worker_->wake();
                                                              },
                                                          .cancelled =
                                                              [this](const std::string& job) {
                                                                if (worker_) worker_->cancel(job);
                                                              }});
}

// What the worker says at its end still goes to the other processes.
Service::~Service() {
  stop();
  relay_.reset();
}

void Service::stop() {
  if (worker_) worker_->stop();
}

std::vector<LiveJob> Service::live() {
  std::vector<LiveJob> all = relay_ ? relay_->live() : std::vector<LiveJob>();
  if (const auto here = worker_ ? worker_->live() : std::nullopt) all.insert(all.begin(), *here);
  return all;
}

std::optional<LiveJob> Service::live_of(const std::string& owner) {
  for (LiveJob& one : live()) {
    const auto job = queue_.find(one.id);
    if (job && job->owner == owner) return std::move(one);
  }
  return std::nullopt;
}

const WorkCounters& Service::counters() const {
  static const WorkCounters none;
  return worker_ ? worker_->counters() : none;
}

std::optional<LiveJob> Service::live_job(const std::string& id) {
  for (LiveJob& one : live()) {
    if (one.id == id) return std::move(one);
  }
  return std::nullopt;
}

// The picture itself, which may be megabytes, is kept apart from the request, and read while its sender still waits.
void Service::keep_input(const Caller& caller, std::string& input, const char* field) {
  if (input.empty()) return;
  const auto with_field = [&](Error error) { return Failure(Error{error.code, std::move(error.message), field}); };
  StoredBytes bytes;
  std::optional<std::vector<std::byte>> sent;
  if (is_id(input) || input.starts_with("input:")) {
    const auto picture = pictures_.find(input);
    if (picture && !caller.may_see(picture->owner))
      throw with_field(Error{ErrorCode::not_found, "there is no such picture here", {}});
    bytes = pictures_.input(input);
  } else {
    sent = bytes_of_base64(without_data_prefix(input));
    if (!sent)
      throw with_field(Error{ErrorCode::invalid_argument, "is neither a picture in base64 nor the id of one", {}});
    bytes.bytes = *sent;
  }
  if (bytes.bytes.size() > options_.largest_input) {
    throw with_field(make_error(ErrorCode::invalid_argument, "the picture's file has {} bytes, need at most {}",
                                bytes.bytes.size(), options_.largest_input));
  }
  if (const auto image = decode_image(bytes.bytes); !image) throw with_field(image.error());
  input = pictures_.keep_input(bytes.bytes);
}

// What will never fit is refused at once. What merely does not fit beside the job under way waits its turn.
void Service::check_memory(const Plan& plan) const {
  if (plan.memory_needed <= std::max(memory_, engine_.machine().memory_available)) return;
  fail(ErrorCode::out_of_memory, "memory: a picture of {}x{} needs more than this server has; use a smaller size",
       std::max(plan.width, plan.hires_width), std::max(plan.height, plan.hires_height));
}

namespace {

// The library's own user is the one who sits at the machine.
std::string habits_of(const Caller& caller) { return caller.owner == Caller().owner ? std::string() : caller.owner; }

}  // namespace

Choice Service::choose(const Caller& caller, ChooseRequest request) {
  request.commercial = request.commercial || caller.commercial_only;
  request.among = caller.limits.checkpoints;
  request.who = habits_of(caller);
  return value_or_throw(library().choose(request));
}

std::optional<Choice> Service::choose_for(const Caller& caller, JobRequest& request) {
  if (!request.checkpoint.empty() && request.checkpoint != "auto") return std::nullopt;
  Request& r = request.request;
  Choice choice = choose(
      caller,
      {.prompt = r.prompt, .negative = r.negative, .width = r.width, .height = r.height, .commercial = r.commercial});
  request.checkpoint = choice.checkpoint;
  if (request.auto_loras) {
    for (const ChosenLora& one : choice.loras) r.loras.push_back({.name = one.name, .strength = one.strength});
  }
  request.auto_loras = false;  // they are in the request now
  return choice;
}

// Of no weight beside the picture itself: a library that cannot be written to learns nothing. Who tidies up old
// pictures says nothing of them.
void Service::learn(const Caller& caller, const StoredPicture& picture, bool kept) {
  constexpr std::int64_t kDay = 24 * 3'600'000;
  if (!kept && now_ms() - picture.created > kDay) return;
  static_cast<void>(library().learn(picture.prompt, picture.checkpoint, kept, habits_of(caller)));
}

void Service::forget_habits(const Caller& caller) { value_or_throw(library().forget_habits(habits_of(caller))); }

Plan Service::settle(const Caller& caller, JobRequest& request) {
  check_count(caller, request.request.count);
  request.request.commercial = request.request.commercial || caller.commercial_only;
  keep_input(caller, request.init, "init");
  keep_input(caller, request.mask, "mask");
  if (!request.request.seed) request.request.seed = random_seed();
  if (request.request.variation_strength > 0 && !request.request.variation_seed)
    request.request.variation_seed = random_seed();
  JobRequest whole = request;
  load_inputs(whole, pictures_);
  const Checkpoint checkpoint = value_or_throw(engine_.open(whole.checkpoint, whole.vae));
  Plan plan = value_or_throw(engine_.plan(checkpoint, whole.request));
  value_or_throw(check_encoding(plan, request.encoding));
  check_limits(caller.limits, plan);
  check_memory(plan);
  return plan;
}

Plan Service::plan(const Caller& caller, JobRequest request) {
  choose_for(caller, request);
  return settle(caller, request);
}

std::optional<AllowanceState> Service::allowance(const Caller& caller) {
  std::optional<AllowanceState> tightest;
  for (const Allowance& one : caller.allowances) {
    if (one.in_megapixel_steps) continue;
    const AllowanceState state = database_.look([&](Sql& sql) { return allowance_of(sql, one.subject, one.limit); });
    if (!tightest || state.left() < tightest->left()) tightest = state;
  }
  return tightest;
}

Job Service::submit(const Caller& caller, JobRequest request, const IdempotencyKey& key, const std::string& webhook) {
  policy_.check_prompt(caller.owner, request.request);
  const std::optional<Choice> choice = choose_for(caller, request);
  const Plan plan = settle(caller, request);
  NewJob job;
  constexpr std::size_t kCandidatesKept = 3;
  if (choice) job.choice = dump(to_json(*choice, kCandidatesKept));
  job.owner = caller.owner;
  job.priority = caller.priority;
  job.checkpoint = plan.checkpoint;
  job.request = dump(to_json(request));
  job.count = plan.count;
  job.cost = cost_of(plan);
  job.idempotency = key.key;
  job.digest = key.body;
  job.webhook = webhook;
  job.charges = charges_of(caller, plan);
  job.most_at_once = caller.limits.jobs_at_once;
  Job made = queue_.submit(job, options_.most_queued);
  if (worker_) worker_->wake();
  if (relay_) relay_->tell_queued();
  return made;
}

std::optional<Job> Service::cancel(const std::string& id) {
  auto job = queue_.cancel(id);
  if (!job) return job;
  if (job->state == JobState::running && worker_) worker_->cancel(id);
  if (job->state == JobState::running && relay_) relay_->tell_cancelled(id);
  if (job->state == JobState::cancelled) events_.publish(id, {"cancelled", {}});
  return job;
}

Json Service::describe(const Job& job) {
  return job_json(job, pictures_.of_job(job.id), queue_.position(job), live_job(job.id));
}

Json Service::describe(const std::vector<Job>& jobs) {
  const std::vector<std::int64_t> positions = queue_.positions(jobs);
  Json out = Json::array();
  for (std::size_t i = 0; i < jobs.size(); ++i)
    out.push_back(job_json(jobs[i], pictures_.of_job(jobs[i].id), positions[i], live_job(jobs[i].id)));
  return out;
}

}  // namespace pxf
