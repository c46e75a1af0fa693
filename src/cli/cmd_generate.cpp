#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/plain_text.h"
#include "cli/progress_bar.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "cli/terminal_picture.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

struct Options {
  Request request;
  std::optional<Size> size;
  std::string checkpoint = "auto";
  std::string output;
  PictureStyle picture = PictureStyle::automatic;
  EngineOptions engine;
  bool json = false, explain = false, quiet = false;
};

/// A picture that is on the disk.
struct Saved {
  std::filesystem::path path;
  Picture picture;
};

double total(const Picture::Seconds& s) { return s.open + s.text + s.steps + s.vae; }

Result<std::string> read_standard_input() {
  std::string text;
  char buffer[4096];
  while (true) {
    if (!wait_for_input(STDIN_FILENO)) return Error{ErrorCode::cancelled, "cancelled", {}};
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n == 0) break;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{ErrorCode::io, "cannot read the prompt; give it as an argument", "standard input"};
    text.append(buffer, static_cast<std::size_t>(n));
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Json settings_json(const Plan& plan, const Request& request) {
  Json settings = {{"prompt", request.prompt}, {"negative", request.negative}};
  settings.update(to_json(plan));
  return settings;
}

Json plan_json(const Plan& plan, const Request& request) {
  return {{"checkpoint",
           {{"name", plan.checkpoint}, {"family", plan.family}, {"prediction", plan.prediction}, {"license", plan.license}}},
          {"settings", settings_json(plan, request)}};
}

Json picture_json(const Saved& saved) {
  const Picture::Seconds& s = saved.picture.seconds;
  return {{"path", saved.path.string()},
          {"seed", saved.picture.seed},
          {"width", saved.picture.image.width},
          {"height", saved.picture.image.height},
          {"seconds", {{"total", total(s)}, {"open", s.open}, {"text", s.text}, {"steps", s.steps}, {"vae", s.vae}}}};
}

void print_plan(const Plan& plan) {
  const auto row = [](const char* name, const std::string& value) { fmt::print("{:<14}{}\n", name, value); };
  row("checkpoint", checkpoint_line(plan));
  row("sampler", fmt::format("{} ({})", plan.sampler_label, plan.sampler));
  row("scheduler", fmt::format("{} ({})", plan.scheduler_label, plan.scheduler));
  row("steps", fmt::format("{}", plan.steps));
  row("CFG scale", fmt::format("{}{}", plan.cfg_scale, plan.cfg_scale == 1 ? " (off: the negative prompt does nothing)" : ""));
  row("size", fmt::format("{}x{}", plan.width, plan.height));
  row("seed", plan.count == 1 ? fmt::format("{}", plan.seed)
                              : fmt::format("{} and the {} after it", plan.seed, plan.count - 1));
  row("clip skip", fmt::format("{}", plan.clip_skip));
  row("noise", plan.noise == NoiseSource::cpu ? "as PyTorch makes it on a CPU" : "as PyTorch makes it on an NVIDIA card");
  row("memory", fmt::format("about {} more", bytes_text(plan.memory_needed)));
  row("settings from", fmt::format("your flags, then {}", plan.settings_from));
}

/// Everything between a plan and its pictures on the disk.
class Drawing {
 public:
  Drawing(const Options& options, const Plan& plan, const Output& output, const CancelToken& cancel)
      : options_(options), plan_(plan), output_(output), cancel_(cancel) {
    text_ = options.json || options.quiet ? nullptr : output.is_standard_output() ? stderr : stdout;
  }

  void announce() const {
    if (text_ == nullptr) return;
    fmt::print(text_, "{}\n{}{}\n", checkpoint_line(plan_), settings_line(plan_), origin_of_settings());
    std::fflush(text_);
  }

  /// The k-th picture, on its own: each is on the disk before the next begins.
  Result<Saved> draw(Engine& engine, const Checkpoint& checkpoint, int k) {
    Request request = options_.request;
    request.count = 1;
    request.seed = plan_.seed + static_cast<std::uint64_t>(k);
    ProgressBar bar(!options_.quiet);
    auto pictures = engine.generate(
        checkpoint, request,
        [&](Progress progress) {
          bar.show(of_all(progress, k));
          return Go::on;
        },
        &cancel_);
    if (!pictures) return std::move(pictures).error();
    if (cancel_.requested()) return Error{ErrorCode::cancelled, "cancelled", {}};
    Picture picture = std::move(pictures).value().at(0);
    auto path = output_.write(picture, options_.request.prompt, k);
    if (!path) return std::move(path).error();
    bar.finish();
    return Saved{std::move(path).value(), std::move(picture)};
  }

  void show(const Saved& saved) const {
    const std::string path = printable(saved.path.string());
    if (options_.quiet && !output_.is_standard_output() && !options_.json) fmt::print("{}\n", path);
    if (text_ == nullptr) return;
    const Picture::Seconds& s = saved.picture.seconds;
    fmt::print(text_, "{}   seed {} · {} s (open {}, text {}, steps {}, VAE {})\n", path, saved.picture.seed,
               seconds_text(total(s)), seconds_text(s.open), seconds_text(s.text), seconds_text(s.steps),
               seconds_text(s.vae));
    if (options_.picture == PictureStyle::automatic && !is_terminal(text_)) return;
    fmt::print(text_, "{}", picture_text(saved.picture.image, options_.picture, window_of(text_)));
  }

 private:
  std::string origin_of_settings() const {
    const Request& r = options_.request;
    const int said = r.sampler.has_value() + r.scheduler.has_value() + r.steps.has_value() + r.cfg_scale.has_value() +
                     r.width.has_value();
    if (said == 5) return "";
    return fmt::format(" ({}recommended by {})", said > 0 ? "the rest " : "", plan_.settings_from);
  }

  /// The engine counts this picture alone.
  Progress of_all(Progress progress, int k) const {
    const int after = plan_.count - k - 1;
    progress.picture = k;
    progress.pictures = plan_.count;
    if (progress.seconds_left >= 0) progress.seconds_left += after * plan_.steps / progress.steps_per_second;
    return progress;
  }

  const Options& options_;
  const Plan& plan_;
  const Output& output_;
  const CancelToken& cancel_;
  std::FILE* text_;  // where the words go; null: nowhere
};

Error with_count_saved(Error error, std::size_t saved, int count) {
  if (saved > 0) error.message += fmt::format(" ({} of {} pictures are saved)", saved, count);
  return error;
}

Status generate(Options& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  Request& request = options.request;
  if (request.prompt == "-") {
    auto text = read_standard_input();
    if (!text) return std::move(text).error();
    request.prompt = std::move(text).value();
  }
  if (options.size) {
    request.width = options.size->width;
    request.height = options.size->height;
  }
  const auto output = Output::to(options.output, request.count);
  if (!output) return output.error();

  Engine engine(options.engine);
  const auto checkpoint = engine.open(options.checkpoint == "auto" ? "starter" : options.checkpoint);
  if (!checkpoint) return checkpoint.error();
  const auto settled = engine.plan(checkpoint.value(), request);
  if (!settled) return settled.error();
  const Plan& plan = settled.value();
  if (options.explain) {
    options.json ? print_json(plan_json(plan, request)) : print_plan(plan);
    return Done{};
  }

  Drawing drawing(options, plan, output.value(), cancel);
  drawing.announce();
  Json pictures = Json::array();
  for (int k = 0; k < plan.count; ++k) {
    const auto saved = drawing.draw(engine, checkpoint.value(), k);
    if (!saved) return with_count_saved(saved.error(), pictures.size(), plan.count);
    drawing.show(saved.value());
    pictures.push_back(picture_json(saved.value()));
  }
  if (options.json) {
    Json report = plan_json(plan, request);
    report["pictures"] = std::move(pictures);
    print_json(report);
  }
  return Done{};
}

std::optional<std::uint64_t> parse_seed(const std::string& text) { return parse_number<std::uint64_t>(text); }

void add_settings(CLI::App& app, Options& o) {
  Request& r = o.request;
  app.add_option("-n,--negative", r.negative, "What the picture should not show");
  add_whole(app, "-s,--steps", r.steps, "Sampling steps");
  add_value(app, "--cfg", r.cfg_scale, parse_number<double>, "a number such as 7.5", "How closely to follow the prompt; 1: off")
      ->type_name("X");
  app.add_option("--sampler", r.sampler, "Sampler, by any program's name for it")->type_name("NAME");
  app.add_option("--scheduler", r.scheduler, "Noise schedule, likewise")->type_name("NAME");
  add_value(app, "--seed", r.seed, parse_seed, "a whole number from 0 to 18446744073709551615 (leave it out for a random one)",
            "Seed of the first picture (default: random)")
      ->type_name("N");
  add_size(app, o.size, "Size in pixels, multiples of 8");
  add_whole(app, "-c,--count", r.count, "Pictures to make, each with the next seed (default: 1)");
  add_whole(app, "--clip-skip", r.clip_skip, "Text encoder's layer from the end (default: 1, the last)");
  add_choice<NoiseSource>(app, "--noise", r.noise, {{"cpu", NoiseSource::cpu}, {"gpu", NoiseSource::gpu}},
                          "Whose noise a seed stands for: PyTorch's on a CPU (default), or on an NVIDIA card as A1111");
}

void add_output(CLI::App& app, Options& o) {
  app.add_option("-o,--output", o.output, "File, folder, or - for standard output (default: this folder)")
      ->type_name("PATH");
  app.add_option_function<std::string>(
         "--format",
         [](const std::string& format) {
           if (format != "png") throw refused("--format", format, "png: other formats are not built yet");
         },
         "Picture format: png")
      ->type_name("png");
  const std::map<std::string, PictureStyle> styles = {{"auto", PictureStyle::automatic},
                                                      {"kitty", PictureStyle::kitty},
                                                      {"sixel", PictureStyle::sixel},
                                                      {"blocks", PictureStyle::blocks},
                                                      {"none", PictureStyle::none}};
  add_choice(app, "--picture", o.picture, styles, "How to show the picture in the terminal");
  app.add_flag_callback("--no-picture", [&o] { o.picture = PictureStyle::none; }, "The same as --picture none");
  app.add_flag("--json", o.json, "Print what was done as JSON");
  app.add_flag("--explain", o.explain, "Print what would be done, and draw nothing");
  app.add_flag("-q,--quiet", o.quiet, "Print the pictures' paths only");
  add_threads(app, o.engine.threads);
}

}  // namespace

Verb add_generate(CLI::App& program) {
  const auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand("generate", "Make a picture from a prompt");
  app->add_option("prompt", options->request.prompt, "What to draw; - reads it from standard input")->required();
  app->add_option("-m,--checkpoint", options->checkpoint, "Checkpoint: a name, a file, or auto (default)")
      ->type_name("NAME|FILE");
  add_settings(*app, *options);
  add_output(*app, *options);
  app->footer(
      "Whatever is not said comes from the checkpoint's own recommendation.\n\n"
      "Examples:\n"
      "  pixelforge generate \"a red apple on a beach\"\n"
      "  pixelforge generate \"a boat\" -n \"people\" --seed 42 --size 128x192 -c 4 -o pictures/\n"
      "  pixelforge generate \"a boat\" -m dreamlike.safetensors --sampler euler_a --steps 30 --cfg 7\n"
      "  echo \"a boat\" | pixelforge generate - -o - > boat.png\n"
      "  pixelforge generate -o out.png -- \"-a prompt that begins with a hyphen\"");
  return {app, [options] { return generate(*options); }};
}

}  // namespace pxf::cli
