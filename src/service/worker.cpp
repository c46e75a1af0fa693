#include "service/worker.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "service/ids.h"
#include "service/job_json.h"

namespace pxf {
namespace {

constexpr std::int64_t kStatusEvery = 1000, kSignOfLife = 5000;  // milliseconds
constexpr std::int64_t kStepEvery = 100;                         // milliseconds between two steps that are told
constexpr std::int64_t kStepElsewhereEvery = 500;                // likewise, to other processes
constexpr std::int64_t kPositionsEvery = 500;                    // likewise, of positions in the queue

std::string preview_address(const Image& image) {
  Picture small;
  small.image = image;
  const auto file = encode_picture(small, {.format = ImageFormat::jpeg, .quality = 80});
  return file ? "data:image/jpeg;base64," + base64(file.value()) : std::string();
}

std::string name_of_machine() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

/// Of the k-th picture alone.
Request request_of_picture(const Request& all, const Plan& plan, int k) {
  Request one = all;
  const auto number = static_cast<std::uint64_t>(k);
  const bool varies = plan.variation_strength > 0;  // then all have one seed
  one.count = 1;
  one.seed = varies ? plan.seed : plan.seed + number;
  if (varies) one.variation_seed = plan.variation_seed + number;
  return one;
}

}  // namespace

Json loaded_json(const Engine& engine) {
  Json out = Json::array();
  for (const LoadedModel& model : engine.loaded().models) {
    out.push_back(
        {{"name", model.name}, {"bytes", model.bytes}, {"idle_seconds", model.idle_seconds}, {"in_use", model.in_use}});
  }
  return out;
}

void load_inputs(JobRequest& job, Pictures& pictures) {
  const auto load = [&](const std::string& name, std::optional<Image>& into) {
    if (!name.empty()) into = value_or_throw(decode_image(pictures.input(name).bytes));
  };
  load(job.init, job.request.init);
  load(job.mask, job.request.mask);
}

std::string chosen_checkpoint(const JobRequest& job) {
  return job.checkpoint.empty() || job.checkpoint == "auto" ? "starter" : job.checkpoint;
}

Worker::Worker(Engine& engine, Queue& queue, Pictures& pictures, EventHub& hub, const WorkerOptions& options)
    : engine_(engine), queue_(queue), pictures_(pictures), hub_(hub), options_(options), name_(new_id()) {
  thread_ = std::thread([this] { work(); });
  watch_ = std::thread([this] { watch(); });
}

Worker::~Worker() { stop(); }

void Worker::wake() {
  std::lock_guard lock(mutex_);
  awake_ = true;
  wake_.notify_all();
}

void Worker::cancel(const std::string& job) {
  std::lock_guard lock(mutex_);
  if (job_ && job_->id == job) cancel_.request();
}

std::optional<LiveJob> Worker::live() {
  std::lock_guard lock(mutex_);
  if (!job_) return std::nullopt;
  return live_;
}

void Worker::stop() {
  stopping_ = true;
  cancel_.request();
  wake();
  if (thread_.joinable()) thread_.join();
  if (!watch_.joinable()) return;
  watch_.join();
  const auto forgotten = catch_errors([&] { return queue_.forget_worker(name_), Done{}; });
  static_cast<void>(forgotten);  // it is forgotten by its age
}

void Worker::work() {
  while (!stopping_) {
    std::optional<Job> job;
    const auto claimed = catch_errors([&] {
      queue_.take_back_orphans(options_.attempts, false);
      job = queue_.claim(name_, held_, options_.lease, options_.patience);
      return Done{};
    });
    if (claimed && job) {
      {
        std::lock_guard lock(mutex_);
        cancel_.clear();
        job_ = job;
        live_ = LiveJob{job->id};
      }
      if (stopping_) cancel_.request();
      draw(*job);
      std::lock_guard lock(mutex_);
      job_.reset();
      continue;
    }
    std::unique_lock lock(mutex_);  // other processes' jobs, and a database that is back, are seen at the next look
    wake_.wait_for(lock, std::chrono::seconds(1), [this] { return awake_ || stopping_; });
    awake_ = false;
  }
}

// Keeps the lease, and sees what another process wants cancelled, also during a step that takes a minute.
void Worker::watch() {
  std::int64_t positions_told = 0, renewed = 0;
  std::unordered_map<std::string, std::size_t> told;
  while (!stopping_) {
    std::optional<Job> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return stopping_.load(); });
      job = job_;
    }
    const std::int64_t now = now_ms();
    const auto looked = catch_errors([&] {
      if (now - positions_told >= kPositionsEvery) {
        positions_told = now;
        tell_positions(told);
      }
      tell_status();
      if (job && now - renewed >= std::min<std::int64_t>(1000, options_.lease / 4)) {
        renewed = now;
        if (!queue_.renew(*job, options_.lease) || queue_.is_cancelling(job->id)) cancel(job->id);
      }
      return Done{};
    });
    static_cast<void>(looked);  // the next look may succeed
  }
}

// Written when it changes, and often enough that a worker which was killed can be told from one that has nothing to do.
void Worker::tell_status() {
  Json status = {{"version", version()}, {"machine", name_of_machine()}, {"loaded", loaded_json(engine_)}};
  for (Json& model : status["loaded"]) model.erase("idle_seconds");
  if (const auto now = live()) status["job"] = {{"id", now->id}, {"progress", progress_json(now->progress)}};
  const std::string text = dump(status);
  const std::int64_t now = now_ms();
  const std::int64_t age = now - status_told_at_;
  if (age < kStatusEvery || (text == status_told_ && age < kSignOfLife)) return;
  status_told_ = text;
  status_told_at_ = now;
  queue_.set_status(name_, text);
}

// Only what has changed: a thousand readers of a queue that stands still are told nothing. `told`: by job.
void Worker::tell_positions(std::unordered_map<std::string, std::size_t>& told) {
  const std::vector<std::string> listened_to = hub_.listened_to();
  std::unordered_map<std::string, std::size_t> now;
  if (!listened_to.empty()) {
    const std::vector<std::string> waiting = queue_.waiting();
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (!std::ranges::binary_search(listened_to, waiting[i])) continue;
      now[waiting[i]] = i;
      const auto before = told.find(waiting[i]);
      if (before == told.end() || before->second != i) hub_.publish(waiting[i], {"queued", dump({{"position", i}})});
    }
  }
  told = std::move(now);
}

void Worker::draw(const Job& job) {
  counters_.waited.observe(static_cast<double>(now_ms() - job.created) / 1000);
  const auto drawn = catch_errors([&] {
    try {
      draw_plan(job);
      return true;
    } catch (const DatabaseLost&) {
      return false;
    }
  });
  if (drawn && !drawn.value()) return;  // its lease ends, and another attempt begins
  end(job, drawn ? std::nullopt : std::optional<Error>(drawn.error()));
}

void Worker::draw_plan(const Job& job) {
  JobRequest asked = value_or_throw(read_job_request(Json::parse(job.request)));
  load_inputs(asked, pictures_);
  const std::string name = chosen_checkpoint(asked);
  const Checkpoint checkpoint = value_or_throw(engine_.open(name, asked.vae));
  held_ = job.checkpoint;
  const Plan plan = value_or_throw(engine_.plan(checkpoint, asked.request));
  const Json told = plan_json(plan);
  queue_.set_plan(job, dump(told));
  hub_.publish(job.id, {"started", dump({{"plan", told}})});
  draw_pictures(job, asked, checkpoint, plan);
}

void Worker::draw_pictures(const Job& job, const JobRequest& asked, const Checkpoint& checkpoint, const Plan& plan) {
  const std::vector<StoredPicture> there = pictures_.of_job(job.id);
  for (int k = 0; k < plan.count; ++k) {
    if (std::ranges::any_of(there, [k](const StoredPicture& p) { return p.number == k; })) continue;
    Request request = request_of_picture(asked.request, plan, k);
    request.preview = asked.preview;
    const OnProgress on_progress = [&, k](Progress progress) {
      progress.picture = k;
      progress.pictures = plan.count;
      if (progress.seconds_left >= 0)
        progress.seconds_left += (plan.count - k - 1) * plan.steps / progress.steps_per_second;
      return report(progress);
    };
    enter(Stage::open);
    const auto made = value_or_throw(engine_.generate(checkpoint, request, on_progress, &cancel_));
    enter(Stage::done);
    if (cancel_.requested()) fail(ErrorCode::cancelled, "cancelled");
    if (options_.policy != nullptr) options_.policy->check_picture(job.owner, made.at(0));
    const Plan own = value_or_throw(engine_.plan(checkpoint, request));  // this picture's LoRAs
    if (!pictures_.add(job, k, made.at(0), own, asked.encoding)) fail(ErrorCode::cancelled, "taken over");
    ++counters_.pictures;
    hub_.publish(job.id, {"image", {}});
  }
}

void Worker::enter(Stage stage) {
  const std::int64_t now = now_ms();
  if (stage_began_ != 0) counters_.add_time(stage_, now - stage_began_);
  stage_ = stage;
  stage_began_ = stage == Stage::done ? 0 : now;
}

Go Worker::report(const Progress& progress) {
  const std::int64_t now = now_ms();
  if (progress.stage != stage_ && progress.stage != Stage::done) enter(progress.stage);
  {
    std::lock_guard lock(mutex_);
    live_.progress = progress;
    live_.progress.preview = nullptr;
  }
  const bool is_heard = hub_.has_listeners_here(live_.id);
  if (!is_heard && !hub_.is_forwarded()) return Go::on;
  const bool is_due =
      now - last_step_told_ >= (is_heard ? kStepEvery : kStepElsewhereEvery) || progress.step == progress.steps;
  if (!is_due) return Go::on;
  last_step_told_ = now;
  LiveJob told;
  {
    const std::string preview = progress.preview != nullptr ? preview_address(*progress.preview) : std::string();
    std::lock_guard lock(mutex_);
    if (!preview.empty()) live_.preview = preview;
    told = live_;
  }
  hub_.publish(told.id, {"step", dump(step_json(told))});
  return Go::on;
}

void Worker::end(const Job& job, const std::optional<Error>& error) {
  const bool is_cancelled = error && error->code == ErrorCode::cancelled;
  const auto ended = catch_errors([&] {
    if (is_cancelled && stopping_ && !queue_.is_cancelling(job.id)) {
      queue_.put_back(job);
      return Done{};
    }
    const JobState state = !error ? JobState::done : is_cancelled ? JobState::cancelled : JobState::failed;
    if (!queue_.finish(job, state, is_cancelled ? std::nullopt : error)) return Done{};
    ++counters_.ended[static_cast<std::size_t>(state)];
    hub_.publish(job.id, {to_string(state), {}});
    return Done{};
  });
  static_cast<void>(ended);  // a database that is gone: the lease ends, and another attempt begins
}

}  // namespace pxf
