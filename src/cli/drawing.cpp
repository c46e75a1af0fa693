#include "cli/drawing.h"

#include <fmt/format.h>

#include <utility>

#include "cli/live_picture.h"
#include "cli/plain_text.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"
#include "cli/wording.h"

namespace pxf::cli {

double total(const Picture::Seconds& s) { return s.open + s.text + s.steps + s.vae; }

Drawing::Drawing(const GenerateOptions& options, const Plan& plan, const Output& output, const CancelToken& cancel)
    : options_(options), plan_(plan), output_(output), cancel_(cancel), style_(options.picture) {
  text_ = options.json || options.quiet ? nullptr : output.is_standard_output() ? stderr : stdout;
  if (style_ != PictureStyle::automatic) return;
  style_ = text_ != nullptr && is_terminal(text_) ? best_style() : PictureStyle::none;
}

void Drawing::announce() const {
  if (text_ == nullptr) return;
  fmt::print(text_, "{}\n{}{}\n", checkpoint_line(plan_), settings_line(plan_), origin_of_settings());
  if (options_.request.negative.empty() && options_.request.styles.empty() && !plan_.negative.empty()) {
    fmt::print(text_, "without (the checkpoint's own): {}\n", printable(plan_.negative));
  }
  std::fflush(text_);
}

Result<Saved> Drawing::draw(Engine& engine, const Checkpoint& checkpoint, int k) const {
  Request request = options_.request;  // for this picture alone: it is on the disk before the next begins
  request.count = 1;
  const auto number = static_cast<std::uint64_t>(k);
  const bool varies = plan_.variation_strength > 0;  // then all have one seed
  request.seed = varies ? plan_.seed : plan_.seed + number;
  if (varies) request.variation_seed = plan_.variation_seed + number;
  ProgressBar bar(!options_.quiet);
  LivePicture live(request.preview && !options_.quiet, options_.picture);
  request.preview = live.draws();
  const auto on_progress = [&](const Progress& progress) {
    if (progress.preview != nullptr) live.show(*progress.preview);
    bar.show(of_all(progress, k));
    return Go::on;
  };
  auto pictures = engine.generate(checkpoint, request, on_progress, &cancel_);
  if (!pictures) return std::move(pictures).error();
  if (cancel_.requested()) return Error{ErrorCode::cancelled, "cancelled", {}};
  Picture picture = std::move(pictures).value().at(0);
  auto path = output_.write(picture, options_.request.prompt, k);
  if (!path) return std::move(path).error();
  live.erase();
  bar.finish();
  return Saved{std::move(path).value(), std::move(picture)};
}

void Drawing::show(const Saved& saved) const {
  const std::string path = printable(saved.path.string());
  if (options_.quiet && !options_.json && !output_.is_standard_output()) fmt::print("{}\n", path);
  if (text_ == nullptr) return;
  const Picture::Seconds& s = saved.picture.seconds;
  fmt::print(text_, "{}   seed {} · {} s (open {}, text {}, steps {}, VAE {})\n", path, saved.picture.seed,
             seconds_text(total(s)), seconds_text(s.open), seconds_text(s.text), seconds_text(s.steps),
             seconds_text(s.vae));
  fmt::print(text_, "{}", picture_text(saved.picture.image, style_, window_of(text_)));
  std::fflush(text_);
}

std::string Drawing::origin_of_settings() const {
  const Request& r = options_.request;
  const int said = r.sampler.has_value() + r.scheduler.has_value() + r.steps.has_value() +
                   (r.cfg_scale || r.guidance.cfg) + r.width.has_value();
  if (said == 5) return "";
  return fmt::format(" ({}{})", said > 0 ? "the rest " : "", origin_text(plan_.settings_from));
}

/// The engine counts this picture alone.
Progress Drawing::of_all(Progress progress, int k) const {
  const int after = plan_.count - k - 1;
  progress.picture = k;
  progress.pictures = plan_.count;
  if (progress.seconds_left >= 0) progress.seconds_left += after * plan_.steps / progress.steps_per_second;
  return progress;
}

}  // namespace pxf::cli
