// How long the parts of a picture take on this machine.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/stopwatch.h"
#include "ops/arrange.h"
#include "pipeline/bench_profile.h"
#include "pipeline/checkpoint.h"
#include "pipeline/engine_state.h"
#include "pipeline/plan.h"
#include "pipeline/run.h"
#include "text/prompt.h"
#include "text/prompt_variants.h"

namespace pxf {
namespace {

double seconds_of(const std::function<void()>& work) {
  const Stopwatch watch;
  work();
  return watch.seconds();
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// What people write who use all of the language, about as long as prompts get.
constexpr std::string_view kRichPrompt =
    "(masterpiece:1.2), {oil painting|3::watercolour|ink} of a (lighthouse:1.1) on a [rocky:grassy:0.4] coast, "
    "[gulls|boats] in the bay, ((storm clouds)), [lens flare], sunset light, detailed foam, 35mm, <lora:neon:0.4:0.8>, "
    "long shadows, distant sails, weathered stone, wet sand, tall grass in the wind, a narrow path, a wooden fence, "
    "warm windows, [smoke:12], [rain::8], reflections, subtle colours, wide angle BREAK a small red boat, (ropes:0.9), "
    "nets, barrels, \\(1924\\), AND fog over the sea, soft light :0.6 AND people, text, frame :-0.4";

void read_prompt(const ClipTokenizer& tokenizer, int steps) {
  const PromptPlan plan = plan_prompt(choose_variants(kRichPrompt, 42), PromptGrammar::a1111, {.steps = steps});
  for (const PromptPart& part : plan.parts) {
    for (const ScheduledText& one : part.schedule) prompt_chunks(tokenizer, one.text, plan.grammar);
  }
}

class Bench {
 public:
  Bench(Context& ctx, BenchReport& report, int repeats) : ctx_(ctx), report_(report), repeats_(repeats) {}

  // One run that is not counted packs the weights and counts the work; then the timed ones. Of `equal` parts that the
  // work consists of, the row has one.
  void operator()(const std::string& name, const std::function<void()>& work, int equal = 1) {
    OpProfile profile;
    const double first = profiled(profile, work);
    BenchRow row;
    row.name = name;
    for (const OpProfile::Row& sum : profile.rows()) row.gflop += sum.flops * 1e-9 / equal;
    const double before = processor_seconds();
    double total = 0;
    for (int i = 0; i < repeats_; ++i) {
      ctx_.check_cancelled();  // opening a file runs no op that would
      const double seconds = seconds_of(work);
      total += seconds;
      row.seconds.push_back(seconds / equal);
    }
    if (row.gflop > 0) row.cpu = (processor_seconds() - before) / (total * ctx_.threads().threads());
    report_.rows.push_back({name + ".first", {first}, 0});
    add(std::move(row));
  }

  void add(BenchRow row) {
    std::ranges::sort(row.seconds);
    report_.rows.push_back(std::move(row));
  }

  int repeats() const { return repeats_; }

  // Once more, and where its time goes.
  void profile(const std::string& part, const std::function<void()>& work) {
    OpProfile found;
    const double seconds = profiled(found, work);
    add_profile(report_, part, found, seconds);
  }

 private:
  double profiled(OpProfile& profile, const std::function<void()>& work) {
    ctx_.set_profile(&profile);
    const double seconds = seconds_of(work);
    ctx_.set_profile(nullptr);
    return seconds;
  }

  Context& ctx_;
  BenchReport& report_;
  int repeats_;
};

// `change(strength)` puts the LoRA on with it, `step(model)` is one step. No strength comes twice.
void time_lora(Bench& bench, const std::function<const Model&(double)>& change,
               const std::function<void(const Model&)>& step) {
  BenchRow changes{"lora.change", {}}, firsts{"lora.first", {}}, steps{"lora.step", {}};
  for (int i = 0; i <= bench.repeats(); ++i) {
    const Model* model = nullptr;
    const double change_took = seconds_of([&] { model = &change(0.5 + 0.4 * i / (bench.repeats() + 1)); });
    const double first_took = seconds_of([&] { step(*model); });
    if (i == 0) continue;  // it also reads the file
    changes.seconds.push_back(change_took);
    firsts.seconds.push_back(first_took);
    steps.seconds.push_back(seconds_of([&] { step(*model); }));
  }
  for (BenchRow* row : {&changes, &firsts, &steps}) bench.add(std::move(*row));
}

// Of one unet.step and one vae.decode.
void add_kernels(BenchReport& report) {
  std::map<std::string, BenchReport::KernelRow> sums;
  for (const BenchReport::ProfileRow& row : report.layers) {
    if (row.kernel.empty() || row.part == "text.encode") continue;
    BenchReport::KernelRow& sum = sums[row.op + "/" + row.kernel];
    sum.calls += row.calls;
    sum.seconds += row.seconds;
    sum.gflop += row.gflop;
  }
  for (auto& [kernel, sum] : sums) {
    sum.kernel = kernel;
    report.kernels.push_back(std::move(sum));
  }
}

// A picture of one step of each in turn, right after the change and once more.
void time_swap(Engine& engine, const std::array<std::string, 2>& files, const Request& wanted,
               const CancelToken* cancel, BenchReport& report, int repeats) {
  BenchRow firsts{"swap.first", {}}, agains{"swap.again", {}};
  Request request = wanted;
  request.steps = 1;
  const auto draw = [&](const std::string& file) {
    return seconds_of([&] {
      const Checkpoint checkpoint = value_or_throw(engine.open(file));
      value_or_throw(engine.generate(checkpoint, request, {}, cancel));
    });
  };
  for (int i = 0; i <= repeats; ++i) {
    for (const std::string& file : files) {
      const double first = draw(file), again = draw(file);
      if (i == 0) continue;  // it also reads the files
      firsts.seconds.push_back(first);
      agains.seconds.push_back(again);
    }
  }
  for (BenchRow* row : {&firsts, &agains}) {
    std::ranges::sort(row->seconds);
    report.rows.push_back(std::move(*row));
  }
}

Request request_of(const BenchOptions& options) {
  Request request;
  request.prompt = "a red apple on a beach";
  if (options.width > 0) request.width = options.width;
  if (options.height > 0) request.height = options.height;
  request.seed = 42;
  request.shortcuts = options.shortcuts;
  return request;
}

std::uint64_t peak_resident_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace

Result<BenchReport> Engine::bench(const Checkpoint& checkpoint, const BenchOptions& options,
                                  const CancelToken* cancel) {
  if (state_->unusable) return *state_->unusable;
  const Result<Engine::State::Turn> turn = state_->wait_for_turn(cancel);
  if (!turn) return turn.error();
  std::optional<HeldModels::Use> use(std::in_place, *state_->models, checkpoint.state_->held);
  HeldModel& opened = use->model();
  const Model& model = opened.model;
  const Request request = request_of(options);
  Result<SettledPlan> settled = settle(checkpoint.info(), model, request);
  if (!settled) return std::move(settled).error();

  return catch_errors([&] {
    require(options.repeats >= 1 && options.repeats <= 1000, "repeats: got {}, need 1 to 1000", options.repeats);
    const Plan& plan = settled.value().plan;
    BenchReport report;
    report.machine = machine();
    report.checkpoint = plan.checkpoint;
    report.width = plan.width;
    report.height = plan.height;
    Context ctx(*state_->backend, *state_->threads, state_->memory, cancel);
    const ClipTokenizer& tokenizer = state_->tokenizer();
    Bench bench(ctx, report, options.repeats);

    const std::string& file = checkpoint.info().path.empty() ? checkpoint.info().name : checkpoint.info().path;
    bench("open", [&] { value_or_throw(open(file)); });
    bench("prompt.read", [&] { read_prompt(tokenizer, plan.steps); });
    const auto encode = [&] { encode_prompts(ctx, model, tokenizer, request.prompt, request, plan); };
    bench("text.encode", encode);

    // Two rows, with and without the prompt: what a step with guidance costs.
    const LatentSpace& latent = model.latent;
    const Tensor x = ctx.full({2, plan.height / latent.factor, plan.width / latent.factor, latent.channels}, 0.5);
    const Prompts prompts = encode_prompts(ctx, model, tokenizer, request.prompt, request, plan);
    const std::array conds{&prompts.positive[0].at(1), &prompts.negative.at(1)};
    const std::optional<Conditioning> both = as_batch(conds);
    require(both.has_value(), "[bench] the prompts are of different lengths");
    const Conditioning& cond = *both;
    const auto step_of = [&](const Model& of) {
      const WithPrecision as_wanted(ctx, state_->options.precision);
      of.network->predict(x, std::array{500.0, 500.0}, cond);
    };
    const auto step = [&] { step_of(model); };
    const auto decode = [&] { model.autoencoder->decode(x.rows(0, 1)); };
    bench("unet.step", step);
    if (const Shortcuts& by = plan.shortcuts; by.deep || by.tome) {
      const int steps = by.deep ? by.deep->interval : 1;
      const auto round = [&] {
        DeepFeatures kept{.depth = by.deep ? by.deep->depth : 1};
        const Alterations how{.merging = by.tome ? &*by.tome : nullptr, .deep = by.deep ? &kept : nullptr};
        for (int i = 0; i < steps; ++i) model.network->predict(x, std::array{500.0, 500.0}, cond, how);
      };
      bench("unet.shortcut", round, steps);
    }
    if (!options.lora.empty()) {
      std::shared_ptr<const AdaptedModel> adapted;
      time_lora(
          bench,
          [&](double strength) -> const Model& {
            adapted.reset();
            adapted = value_or_throw(adapt({checkpoint.info(), opened.file, opened.model}, opened.adapted,
                                           request.prompt, {{options.lora, strength}}, state_->threads.get()));
            encode_prompts(ctx, adapted->model, tokenizer, request.prompt, request, plan);
            return adapted->model;
          },
          step_of);
    }
    ctx.memory().trim();
    bench("vae.decode", decode);
    if (options.profile) {
      bench.profile("text.encode", encode);
      bench.profile("unet.step", step);
      bench.profile("vae.decode", decode);
      add_kernels(report);
    }
    if (options.pictures) {
      bench("picture",
            [&] { run_plan(ctx, settled.value(), request, model, file, tokenizer, {}, nullptr, {}, 0, plan.count); });
    }
    ctx.memory().trim();
    report.peak_memory = peak_resident_bytes();
    if (!options.swap.empty()) {
      use.reset();  // so that the memory is for either
      time_swap(*this, {options.swap, file}, request, cancel, report, options.repeats);
    }
    return report;
  });
}

}  // namespace pxf
