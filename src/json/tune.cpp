#include "json/tune.h"

namespace pxf {
namespace {

Json at_level_json(const Recommended::AtLevel& at) {
  return {{"sampler", at.sampler}, {"scheduler", at.scheduler}, {"steps", at.steps}, {"cfg_scale", at.cfg_scale}};
}

Json point_json(const TunedPoint& p) {
  return {{"evaluations", p.evaluations}, {"steps", p.steps},  {"distance", p.distance}, {"ssim", p.ssim},
          {"features", p.features},       {"latent", p.latent}};
}

Json cfg_json(const TunedCfg& one) {
  return {{"cfg_scale", one.cfg_scale}, {"prompt_evidence", one.evidence},    {"clip_score", one.clip},
          {"clipped", one.clipped},     {"saturation", one.saturation},       {"contrast", one.contrast},
          {"edges", one.edges},         {"latent_spread", one.latent_spread}, {"left_out", one.left_out}};
}

Json method_json(const TunedMethod& m) {
  Json points = Json::array();
  for (const TunedPoint& p : m.points) points.push_back(point_json(p));
  return {{"sampler", m.sampler}, {"scheduler", m.scheduler}, {"points", points}, {"left_out", m.left_out}};
}

}  // namespace

Json to_json(const TuneReport& report) {
  Json levels = Json::object(), cfgs = Json::array(), methods = Json::array(), files = Json::array();
  for (const auto& [level, at] : report.levels) {
    Json one = at_level_json(at);
    one["measured"] = point_json(report.points.at(level));
    one["why"] = report.why.at(level);
    levels[to_string(level)] = std::move(one);
  }
  for (const TunedCfg& one : report.cfgs) cfgs.push_back(cfg_json(one));
  for (const TunedMethod& one : report.methods) methods.push_back(method_json(one));
  for (const auto& file : report.files) files.push_back(file.string());
  const Recommended& b = report.before;
  Json before = at_level_json({b.sampler, b.scheduler, b.steps, b.cfg_scale});
  before["from"] = b.from;
  before["look"] = cfg_json(report.look_at_first);
  before["measured"] = report.at_first.evaluations > 0 ? point_json(report.at_first) : Json();
  return {{"checkpoint", report.checkpoint},
          {"width", report.width},
          {"height", report.height},
          {"levels", levels},
          {"before", before},
          {"look_now", cfg_json(report.look_now)},
          {"cfg_scale", report.cfg_scale},
          {"why_cfg", report.why_cfg},
          {"cfgs", cfgs},
          {"methods", methods},
          {"unlike",
           {{"ssim", report.unlike_ssim}, {"features", report.unlike_features}, {"latent", report.unlike_latent}}},
          {"uncertainty", report.uncertainty},
          {"prompts", report.prompts},
          {"seeds", report.seeds},
          {"effort", report.effort},
          {"seconds_per_evaluation", report.seconds_per_evaluation},
          {"evaluations", report.evaluations},
          {"pictures", report.pictures},
          {"drawn_now", report.drawn_now},
          {"notes", report.notes},
          {"saved", report.saved},
          {"files", files}};
}

}  // namespace pxf
