#include "cli/bench_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace pxf::cli {
namespace {

using ChartRow = BenchReport::ProfileRow;

constexpr int kWidth = 1000, kLabels = 230, kFigures = 150, kBar = 16, kPitch = 20;

struct OpColour {
  std::string_view op, colour;
};
// Those that take time, then one for all the rest.
constexpr std::array<OpColour, 6> kOpColours{{{"conv2d", "#2e6db4"},
                                              {"linear", "#d68910"},
                                              {"attention", "#489157"},
                                              {"group_norm", "#785ea0"},
                                              {"layer_norm", "#b07aa1"},
                                              {"between ops", "#8a8f98"}}};
constexpr std::string_view kRestColour = "#c0655a";

std::string_view colour_of(std::string_view op) {
  if (op == "other") op = "between ops";
  if (op == "group_moments") op = "group_norm";  // half of it
  const auto found = std::ranges::find(kOpColours, op, &OpColour::op);
  return found == kOpColours.end() ? kRestColour : found->colour;
}

std::string svg_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string chart_figures(const ChartRow& row) {
  const std::string milliseconds = fmt::format("{:.1f} ms", 1e3 * row.seconds);
  return row.gflop > 0 && row.seconds > 0 ? fmt::format("{} · {:.0f} GFLOP/s", milliseconds, row.gflop / row.seconds)
                                          : milliseconds;
}

// The bar of a block, at `y`: its layers side by side.
std::string block_bar(const BenchReport& report, const ChartRow& block, double per_second, int y) {
  std::string out = fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kLabels - 6, y + 12,
                                svg_escaped(block.block.empty() ? block.part : block.block));
  double x = kLabels;
  for (const ChartRow& row : report.layers) {
    if (row.part != block.part || row.block != block.block) continue;
    const double width = row.seconds * per_second;
    const std::string name =
        row.kernel.empty() ? "between ops" : fmt::format("{} {}/{}", row.layer, row.op, row.kernel);
    out += fmt::format(
        "<rect x=\"{:.2f}\" y=\"{}\" width=\"{:.2f}\" height=\"{}\" fill=\"{}\"><title>{}: {}</title></rect>", x, y,
        width, kBar, colour_of(row.op), svg_escaped(name), chart_figures(row));
    x += width;
  }
  return out + fmt::format("<text class=\"note\" x=\"{:.1f}\" y=\"{}\">{}</text>", x + 6, y + 12, chart_figures(block));
}

std::string op_legend(int y) {
  std::string out;
  int x = kLabels;
  const auto entry = [&](std::string_view op, std::string_view colour) {
    out +=
        fmt::format("<rect x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{}\"/><text x=\"{}\" y=\"{}\">{}</text>",
                    x, y, colour, x + 17, y + 11, op);
    x += 40 + 7 * static_cast<int>(op.size());
  };
  for (const OpColour& one : kOpColours) entry(one.op, one.colour);
  entry("other ops", kRestColour);
  return out;
}

}  // namespace

std::string bench_chart(const BenchReport& report) {
  std::string body = fmt::format("<text class=\"title\" x=\"10\" y=\"24\">{} · {}x{} · {} threads on {}</text>",
                                 svg_escaped(report.checkpoint), report.width, report.height, report.machine.threads,
                                 svg_escaped(report.machine.cpu));
  body += op_legend(38);
  int y = 70;
  for (const ChartRow& part : report.parts) {
    double longest = 1e-9;
    for (const ChartRow& block : report.blocks) {
      if (block.part == part.part) longest = std::max(longest, block.seconds);
    }
    body += fmt::format("<text class=\"part\" x=\"10\" y=\"{}\">{}: {}</text>", y + 12, part.part, chart_figures(part));
    y += 22;
    for (const ChartRow& block : report.blocks) {
      if (block.part != part.part) continue;
      body += block_bar(report, block, (kWidth - kLabels - kFigures) / longest, y);
      y += kPitch;
    }
    y += 14;
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"Time by block and layer\"><style>svg{{background:#fff;color-scheme:light dark}}"
      "text{{font:12px system-ui,sans-serif;fill:#222}}.title,.part{{font-weight:600;font-size:14px}}"
      ".note{{fill:#666}}rect{{stroke:#fff;stroke-width:.3}}"
      "@media(prefers-color-scheme:dark){{svg{{background:#16181c}}text{{fill:#ddd}}.note{{fill:#999}}"
      "rect{{stroke:#16181c}}}}</style>{2}</svg>\n",
      kWidth, y, body);
}

}  // namespace pxf::cli
