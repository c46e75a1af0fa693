#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <system_error>

#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"
#include "image/encode.h"
#include "image/png.h"
#include "tuning/report.h"

namespace pxf {
namespace {

constexpr int kWebpQuality = 88;
constexpr std::array kColours{"#2e6db4", "#d68910", "#489157", "#785ea0", "#c0392b", "#16817a"};

/// Text from files and people, as text and inside quotes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    }
  }
  return out;
}

std::string picture_tag(const Image& image, const std::string& alt) {
  if (image.pixels.empty()) return "<div class=none>broken</div>";
  const std::vector<std::byte> file = value_or_throw(encode_webp(image, {}, kWebpQuality));
  return fmt::format("<img width={} height={} alt=\"{}\" src=\"data:image/webp;base64,{}\">", image.width, image.height,
                     escaped(alt), base64(file));
}

std::string sheet_html(const ContactSheet& sheet) {
  std::string out = fmt::format("<h2>{}</h2><div class=wide><table class=sheet><tr><th></th>", escaped(sheet.title));
  for (const std::string& column : sheet.columns) out += fmt::format("<th>{}</th>", escaped(column));
  out += "</tr>";
  for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
    out += fmt::format("<tr><th class=row>{}</th>", escaped(sheet.rows[r]));
    for (std::size_t c = 0; c < sheet.pictures[r].size(); ++c) {
      out += "<td>" + picture_tag(sheet.pictures[r][c], sheet.columns[c] + ": " + sheet.rows[r]) + "</td>";
    }
    out += "</tr>";
  }
  return out + "</table></div>";
}

struct Curve {
  std::string name;
  std::vector<std::pair<double, double>> points;
};

// Lines over a horizontal axis whose ticks are the first curve's own places.
class Plot {
 public:
  Plot(std::string title, std::string across, std::vector<Curve> curves, bool logarithmic)
      : title_(std::move(title)), across_(std::move(across)), curves_(std::move(curves)), log_(logarithmic) {
    for (const Curve& curve : curves_) {
      for (const auto& [x, y] : curve.points) {
        left_ = std::min(left_, of_x(x));
        right_ = std::max(right_, of_x(x));
        low_ = std::min(low_, of_y(y));
        high_ = std::max(high_, of_y(y));
      }
    }
    if (right_ <= left_) right_ = left_ + 1;
    if (high_ <= low_) high_ = low_ + 1;
  }

  std::string svg() const {
    std::string out = fmt::format(
        "<figure><svg viewBox=\"0 0 {} {}\" role=img aria-label=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" "
        "height=\"{}\" "
        "class=box />",
        kWidth, kHeight, escaped(title_), kLeft, kTop, kRight - kLeft, kBottom - kTop);
    ticks(out);
    for (std::size_t i = 0; i < curves_.size(); ++i) line(out, curves_[i], kColours[i % kColours.size()], i);
    return out + fmt::format("</svg><figcaption>{}</figcaption></figure>", escaped(title_));
  }

 private:
  static constexpr double kWidth = 560, kHeight = 320, kLeft = 56, kRight = 400, kTop = 12, kBottom = 280;

  double of_x(double x) const { return log_ ? std::log2(std::max(x, 1e-9)) : x; }
  double of_y(double y) const { return log_ ? std::log10(std::max(y, 1e-4)) : y; }
  double to_x(double x) const { return kLeft + (of_x(x) - left_) / (right_ - left_) * (kRight - kLeft); }
  double to_y(double y) const { return kBottom - (of_y(y) - low_) / (high_ - low_) * (kBottom - kTop); }

  void ticks(std::string& out) const {
    if (!curves_.empty()) {
      for (const auto& [x, y] : curves_.front().points) {
        out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=middle>{:g}</text>", to_x(x), kBottom + 14, x);
      }
    }
    for (int i = 0; i <= 4; ++i) {
      const double at = low_ + (high_ - low_) * i / 4, value = log_ ? std::pow(10, at) : at;
      const double y = kBottom - (kBottom - kTop) * i / 4;
      out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=end>{:.2g}</text>", kLeft - 6, y + 3, value);
    }
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=middle>{}</text>", (kLeft + kRight) / 2, kBottom + 32,
                       escaped(across_));
  }

  void line(std::string& out, const Curve& curve, const char* colour, std::size_t number) const {
    std::string path;
    for (const auto& [x, y] : curve.points) path += fmt::format("{:.1f},{:.1f} ", to_x(x), to_y(y));
    out += fmt::format("<polyline points=\"{}\" fill=none stroke=\"{}\" stroke-width=2 />", path, colour);
    for (const auto& [x, y] : curve.points) {
      out += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>", to_x(x), to_y(y), colour);
    }
    const double y = kTop + 14 + 18 * static_cast<double>(number);
    out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" style=\"fill:{}\">{}</text>", kRight + 10, y, colour,
                       escaped(curve.name));
  }

  std::string title_, across_;
  std::vector<Curve> curves_;
  bool log_;
  double left_ = 1e300, right_ = -1e300, low_ = 1e300, high_ = -1e300;
};

std::string cfg_plots(const TuneReport& report) {
  Curve evidence{"evidence", {}}, clip{"CLIP score", {}}, clipped{"clipped pixels", {}}, saturation{"saturation", {}},
      contrast{"contrast", {}}, edges{"edges", {}};
  const TunedCfg* weakest = nullptr;
  for (const TunedCfg& one : report.cfgs) {
    if (one.evidence == 0 && one.contrast == 0) continue;  // it broke
    if (weakest == nullptr) weakest = &one;
    const auto against = [](double now, double before) { return before > 0 ? now / before : 1; };
    evidence.points.emplace_back(one.cfg_scale, one.evidence);
    if (one.clip != 0) clip.points.emplace_back(one.cfg_scale, one.clip);
    clipped.points.emplace_back(one.cfg_scale, 1 + one.clipped - weakest->clipped);
    saturation.points.emplace_back(one.cfg_scale, against(one.saturation, weakest->saturation));
    contrast.points.emplace_back(one.cfg_scale, against(one.contrast, weakest->contrast));
    edges.points.emplace_back(one.cfg_scale, against(one.edges, weakest->edges));
  }
  const std::string judged =
      clip.points.empty() ? "" : Plot("How well CLIP finds that the pictures fit", "CFG scale", {clip}, false).svg();
  return Plot("How well the network finds the prompt in the pictures", "CFG scale", {evidence}, false).svg() + judged +
         Plot("How the pictures change against the weakest guidance", "CFG scale",
              {clipped, saturation, contrast, edges}, false)
             .svg();
}

std::string step_plot(const TuneReport& report) {
  std::vector<Curve> curves;
  for (const TunedMethod& method : report.methods) {
    if (method.points.empty()) continue;
    Curve curve{method.sampler + ", " + method.scheduler, {}};
    for (const TunedPoint& point : method.points) curve.points.emplace_back(point.evaluations, point.distance);
    curves.push_back(std::move(curve));
  }
  return Plot("Distance to the converged pictures", "evaluations of the network", curves, true).svg();
}

std::string level_rows(const TuneReport& report) {
  const Recommended& b = report.before;
  std::string out = fmt::format(
      "<tr><th>before</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>by {}</td></tr>",
      escaped(b.sampler_label), escaped(b.scheduler_label), b.steps, b.cfg_scale,
      report.at_first.evaluations > 0 ? fmt::format("{:.3f}", report.at_first.distance) : "", escaped(b.from));
  for (const Level level : {Level::best, Level::balanced, Level::fast}) {
    const Recommended::AtLevel& at = report.levels.at(level);
    out += fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.3f}</td><td>{}</td></tr>",
                       to_string(level), escaped(at.sampler), escaped(at.scheduler), at.steps, at.cfg_scale,
                       report.points.at(level).distance, escaped(report.why.at(level)));
  }
  return out;
}

std::string list_of(const std::vector<std::string>& items) {
  std::string out = "<ul>";
  for (const std::string& one : items) out += fmt::format("<li>{}</li>", escaped(one));
  return out + "</ul>";
}

std::string dropped(const TuneReport& report) {
  std::vector<std::string> lines;
  for (const TunedMethod& method : report.methods) {
    if (!method.left_out.empty())
      lines.push_back(fmt::format("{}, {}: {}", method.sampler, method.scheduler, method.left_out));
  }
  return lines.empty()
             ? ""
             : "<details><summary>Samplers and schedules that were dropped</summary>" + list_of(lines) + "</details>";
}

constexpr std::string_view kStyle = R"(<style>
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:1200px;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}th,td{padding:.25rem .6rem;text-align:left;vertical-align:top}
.plain td,.plain th{border-bottom:1px solid #8884}.sheet th{font-size:12px;font-weight:500;max-width:11rem}
.sheet .row{max-width:9rem}.sheet td{padding:2px}.sheet img{max-width:192px;height:auto;display:block}
.none{width:128px;height:128px;background:#8883;display:grid;place-items:center}.wide{overflow-x:auto}
figure{display:inline-block;margin:0;max-width:560px;width:100%}svg{width:100%;font:11px system-ui,sans-serif}
svg text{fill:currentColor}svg .box{fill:none;stroke:#8886}</style>)";

}  // namespace

std::string report_html(const TuneReport& report, const std::vector<ContactSheet>& sheets) {
  std::string out = fmt::format(
      "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width\"><title>Tuning "
      "{0}</title>{1}<h1>Tuning {0}</h1><p>{2}x{3}, {4} pictures, {5} evaluations of the network at about {6:.2g} s, "
      "search: "
      "{7}.</p>",
      escaped(report.checkpoint), kStyle, report.width, report.height, report.pictures, report.evaluations,
      report.seconds_per_evaluation, escaped(report.effort));
  out +=
      "<div class=wide><table class=plain><tr><th></th><th>sampler</th><th>schedule</th><th>steps</th><th>CFG</th>"
      "<th>distance</th><th></th></tr>" +
      level_rows(report) + "</table></div>";
  out +=
      fmt::format("<p>How well the network finds the prompt in the pictures: {:.4f} before, {:.4f} now (balanced).</p>",
                  report.look_at_first.evidence, report.look_now.evidence);
  out += fmt::format(
      "<p>CFG {}: {}.</p><p>Distance: 0 is the converged picture, 1 a picture that has nothing in common with it; the "
      "mean "
      "of structural similarity (unlike ones have {:.2f}), a distance of gradients and colours ({:.2f}) and that of "
      "the "
      "latents ({:.2f}). Two converged solutions lie {:.4f} apart.</p>",
      report.cfg_scale, escaped(report.why_cfg), report.unlike_ssim, report.unlike_features, report.unlike_latent,
      report.uncertainty);
  if (!report.notes.empty()) out += "<h2>What was noticed</h2>" + list_of(report.notes);
  for (const ContactSheet& sheet : sheets) out += sheet_html(sheet);
  out += "<h2>Measures</h2>" + cfg_plots(report) + step_plot(report) + dropped(report);
  out +=
      "<p>A CLIP score was not computed: there is no CLIP vision tower here. What is measured instead is said in "
      "docs/tuning.md.</p></html>\n";
  return out;
}

std::vector<std::filesystem::path> write_report(const TuneReport& report, const Effort& effort,
                                                const SearchStart& start, Laboratory& lab,
                                                const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) throw Failure(system_error(failed.value(), "make the folder", folder));
  const std::vector<ContactSheet> sheets = sheets_of(report, effort, start, lab);
  const std::string html = report_html(report, sheets);
  value_or_throw(write_file_atomically(folder / "report.html", as_bytes(html)));
  const std::vector<std::byte> png = value_or_throw(encode_png(sheet_image(report, sheets), std::vector<TextEntry>{}));
  value_or_throw(write_file_atomically(folder / "report.png", png));
  return {folder / "report.html", folder / "report.png"};
}

}  // namespace pxf
