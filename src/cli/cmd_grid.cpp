#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/complete_request.h"
#include "cli/drawing.h"
#include "cli/from_picture.h"
#include "cli/grid_axis.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "cli/wording.h"
#include "json/json.h"
#include "pixelforge/contact_sheet.h"
#include "pixelforge/engine.h"

namespace pxf::cli {
namespace {

constexpr std::size_t kMostCells = 1000;
constexpr int kLongestSheet = 16000;  // pixels a side: what every format here holds

struct GridOptions {
  GenerateOptions all;
  std::array<GridAxis, 3> sides;  // x, y, z
  std::string keep;               // a folder for each cell's own picture
};

/// Places are counted x first, then y, then z.
struct Cell {
  std::array<std::size_t, 3> at;
  GenerateOptions options;
  std::optional<Checkpoint> checkpoint;
  Plan plan;
  Picture picture = {};
  std::string path = {};  // where it was kept by itself
};

class Grid {
 public:
  Grid(const GridOptions& options, Engine& engine) : options_(options), axes_(options.sides), engine_(engine) {}

  /// Everything that can be refused is so here, before anything is drawn.
  Status settle() {
    if (Status sound = check_sides(); !sound) return sound;
    const std::size_t count = axes_[0].size() * axes_[1].size() * axes_[2].size();
    if (count > kMostCells)
      return Error{
          ErrorCode::invalid_argument, fmt::format("a grid of {} cells; need at most {}", count, kMostCells), {}};
    std::optional<std::uint64_t> seed = options_.all.request.seed;
    for (std::size_t i = 0; i < count; ++i) {
      Cell cell{place(i), options_.all, std::nullopt, {}};
      if (!cell.options.request.seed) cell.options.request.seed = seed;
      if (Status settled = settle(cell); !settled) return with_place(settled.error(), cell);
      seed = cell.plan.seed;  // one for all, where none is given
      cells_.push_back(std::move(cell));
    }
    return Done{};
  }

  std::vector<Cell>& cells() { return cells_; }

  /// So that each checkpoint is brought in once.
  std::vector<std::size_t> order() const {
    std::vector<std::size_t> out(cells_.size());
    std::iota(out.begin(), out.end(), std::size_t{0});
    const auto models = [&](std::size_t i) {
      const GenerateOptions& o = cells_[i].options;
      return std::pair(o.checkpoint, o.vae);
    };
    std::ranges::stable_sort(out, {}, models);
    return out;
  }

  /// "cfg 3, steps 8"
  std::string place_text(const Cell& cell) const {
    std::string out;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const std::string label = axes_[i].label(cell.at[i]);
      if (!label.empty()) out += (out.empty() ? "" : ", ") + label;
    }
    return out;
  }
  Error with_place(Error error, const Cell& cell) const {
    if (error.code != ErrorCode::cancelled) error.message = fmt::format("[{}] {}", place_text(cell), error.message);
    return error;
  }

  Picture sheet() const {
    int width = 0, height = 0;
    for (const Cell& cell : cells_) {
      width = std::max(width, cell.picture.image.width);
      height = std::max(height, cell.picture.image.height);
    }
    // Labels, and what lies between pictures, take less than a third more.
    const double across = 1.3 * width * static_cast<double>(axes_[0].size());
    const double down = 1.3 * height * static_cast<double>(axes_[1].size() * axes_[2].size());
    const double scale = std::min({1.0, kLongestSheet / across, kLongestSheet / down});
    Picture out = cells_.front().picture;  // its parameters tell what all have in common
    out.image = draw_sheets(title(), tables(), std::max(1, static_cast<int>(width * scale)),
                            std::max(1, static_cast<int>(height * scale)));
    return out;
  }

  std::string title() const { return cells_.front().options.request.prompt; }

  Json json() const {
    Json out = {{"cells", Json::array()}};
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      if (!axes_[i].flag.empty()) out[side(i)] = {{"flag", axes_[i].flag}, {"values", axes_[i].values}};
    }
    for (const Cell& cell : cells_) {
      Json one = {{"settings", to_json(cell.plan)}};
      for (std::size_t i = 0; i < axes_.size(); ++i) {
        if (!axes_[i].flag.empty()) one[side(i)] = axes_[i].values[cell.at[i]];
      }
      if (!cell.picture.image.pixels.empty()) {
        one["parameters"] = cell.picture.parameters;
        one["seconds"] = total(cell.picture.seconds);
      }
      if (!cell.path.empty()) one["path"] = cell.path;
      out["cells"].push_back(std::move(one));
    }
    return out;
  }

 private:
  static std::string side(std::size_t i) { return std::string(1, "xyz"[i]); }

  Status check_sides() const {
    const auto refuse = [](std::string why) { return Error{ErrorCode::invalid_argument, std::move(why), {}}; };
    if (options_.all.request.count > 1)
      return refuse("a grid has one picture a cell; vary the seed for more: --x seed=1,2,3");
    bool any = false;
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      if (axes_[i].flag.empty()) continue;
      any = true;
      for (std::size_t k = 0; k < i; ++k) {
        if (axes_[k].flag == axes_[i].flag)
          return refuse(fmt::format("--{} and --{}: both vary {}", side(k), side(i), axes_[i].flag));
      }
    }
    return any ? Status(Done{}) : refuse("nothing varies; need --x, --y or --z such as --x cfg=3,5,7");
  }

  std::array<std::size_t, 3> place(std::size_t i) const {
    return {i % axes_[0].size(), i / axes_[0].size() % axes_[1].size(), i / axes_[0].size() / axes_[1].size()};
  }

  Status settle(Cell& cell) {
    try {
      for (std::size_t i = 0; i < axes_.size(); ++i) apply(axes_[i], cell.at[i], cell.options);
    } catch (const CLI::ParseError& error) {
      return Error{ErrorCode::invalid_argument, error.what(), {}};
    }
    if (Status completed = complete_request(cell.options, engine_); !completed) return completed;
    auto checkpoint = engine_.open(cell.options.checkpoint, cell.options.vae);
    if (!checkpoint) return checkpoint.error();
    cell.checkpoint = std::move(checkpoint).value();
    auto plan = engine_.plan(*cell.checkpoint, cell.options.request);
    if (!plan) return with_picture_hint(plan.error(), cell.options);
    cell.plan = std::move(plan).value();
    cell.options.request.seed = cell.plan.seed;
    return Done{};
  }

  std::vector<ContactSheet> tables() const {
    std::vector<ContactSheet> out(axes_[2].size());
    for (std::size_t z = 0; z < out.size(); ++z) {
      out[z].title = axes_[2].label(z);
      for (std::size_t x = 0; x < axes_[0].size(); ++x) out[z].columns.push_back(axes_[0].label(x));
      for (std::size_t y = 0; y < axes_[1].size(); ++y) out[z].rows.push_back(axes_[1].label(y));
      out[z].pictures.resize(axes_[1].size());
    }
    for (const Cell& cell : cells_) out[cell.at[2]].pictures[cell.at[1]].push_back(cell.picture.image);
    return out;
  }

  const GridOptions& options_;
  const std::array<GridAxis, 3>& axes_;
  Engine& engine_;
  std::vector<Cell> cells_;
};

class GridSheet {
 public:
  GridSheet(const GridOptions& options, Grid& grid, Engine& engine, const Output& output)
      : all_(options.all),
        grid_(grid),
        engine_(engine),
        output_(output),
        words_(all_.json || all_.quiet       ? nullptr
               : output.is_standard_output() ? stderr
                                             : stdout) {}

  /// `kept`: where each picture goes by itself; null: nowhere.
  Status draw_cells(const Output* kept, const CancelToken& cancel) {
    std::vector<Cell>& cells = grid_.cells();
    if (words_ != nullptr) fmt::print(words_, "{}\n{} pictures\n", checkpoint_line(cells.front().plan), cells.size());
    std::size_t done = 0;
    for (const std::size_t i : grid_.order()) {
      Cell& cell = cells[i];
      if (Status drawn = draw(cell, done++, cancel); !drawn) return grid_.with_place(drawn.error(), cell);
      if (kept == nullptr) continue;
      auto path = kept->write(cell.picture, cell.options.request.prompt, static_cast<int>(i));
      if (!path) return std::move(path).error();
      cell.path = path.value().string();
    }
    return Done{};
  }

  Status write() const {
    const Picture sheet = grid_.sheet();
    const auto path = output_.write(sheet, "grid " + grid_.title(), 0);
    if (!path) return path.error();
    if (all_.json) {
      Json report = grid_.json();
      report["path"] = path.value().string();
      print_json(report);
      return Done{};
    }
    const std::string shown = printable(path.value().string());
    if (all_.quiet && !output_.is_standard_output()) fmt::print("{}\n", shown);
    if (words_ == nullptr) return Done{};
    const bool draws = all_.picture != PictureStyle::automatic || is_terminal(words_);
    const PictureStyle style = !draws                                    ? PictureStyle::none
                               : all_.picture == PictureStyle::automatic ? best_style()
                                                                         : all_.picture;
    fmt::print(words_, "{}   {}x{}\n{}", shown, sheet.image.width, sheet.image.height,
               picture_text(sheet.image, style, window_of(words_)));
    return Done{};
  }

 private:
  Status draw(Cell& cell, std::size_t done, const CancelToken& cancel) {
    ProgressBar bar(!all_.quiet);
    const auto on_progress = [&](Progress progress) {
      progress.picture = static_cast<int>(done);
      progress.pictures = static_cast<int>(grid_.cells().size());
      bar.show(progress);
      return Go::on;
    };
    auto pictures = engine_.generate(*cell.checkpoint, cell.options.request, on_progress, &cancel);
    if (!pictures) return std::move(pictures).error();
    if (cancel.requested()) return Error{ErrorCode::cancelled, "cancelled", {}};
    cell.picture = std::move(pictures).value().at(0);
    return Done{};
  }

  const GenerateOptions& all_;
  Grid& grid_;
  Engine& engine_;
  const Output& output_;
  std::FILE* words_;  // where they go; null: nowhere
};

Status explain_grid(Grid& grid, bool json) {
  if (json) {
    print_json(grid.json());
    return Done{};
  }
  for (const Cell& cell : grid.cells())
    fmt::print("{}: {} · {}\n", printable(grid.place_text(cell)), printable(cell.plan.checkpoint),
               settings_line(cell.plan));
  return Done{};
}

Status draw_grid(GridOptions& options) {
  const CancelToken& cancel = cancel_on_interrupt();
  GenerateOptions& all = options.all;
  if (Status read = read_prompt(all); !read) return read;
  const auto output = Output::to(all.output, 1, {all.format, all.quality});
  if (!output) return output.error();
  std::optional<Output> kept;
  if (!options.keep.empty()) {
    auto folder = Output::to(options.keep, 2, {all.format, all.quality});
    if (!folder) return folder.error();
    kept = std::move(folder).value();
  }
  Engine engine(all.engine);
  Grid grid(options, engine);
  if (Status settled = grid.settle(); !settled) return settled;
  if (all.explain) return explain_grid(grid, all.json);
  GridSheet sheet(options, grid, engine, output.value());
  if (Status drawn = sheet.draw_cells(kept ? &*kept : nullptr, cancel); !drawn) return drawn;
  return sheet.write();
}

}  // namespace

Verb add_grid(CLI::App& program) {
  const auto options = std::make_shared<GridOptions>();
  CLI::App* app = program.add_subcommand("grid", "A sheet of pictures that differ in two or three settings, labelled");
  constexpr std::array kNames{"--x", "--y", "--z"};
  constexpr std::array kTexts{
      "What varies from column to column: a flag of generate and its values, or prompt and "
      "words in its place ({} in the prompt, else the first of them)",
      "The same from row to row", "The same from table to table"};
  for (std::size_t i = 0; i < kNames.size(); ++i)
    app->add_option_function<std::string>(
           kNames[i], [options, i](const std::string& text) { options->sides[i] = parse_axis(text); }, kTexts[i])
        ->type_name("FLAG=V,V");
  app->add_option("--keep", options->keep, "Also write each picture by itself to this folder")->type_name("FOLDER");
  add_flags(*app, options->all);
  app->footer(
      "Examples:\n"
      "  pixelforge grid \"a red apple on a beach\" --x cfg=2,4,7 --y steps=8,20\n"
      "  pixelforge grid \"a boat\" --x checkpoint=starter,starter-pixel --y seed=1,2,3 -o boats.webp\n"
      "  pixelforge grid \"a red boat\" --x prompt=red,blue,green --y lora=none,neon:0.5,neon:1\n"
      "  pixelforge grid \"a boat\" --x cfg=\"7,7,5,3;4\" --keep pictures/");
  return {app, [options] { return draw_grid(*options); }};
}

}  // namespace pxf::cli
