#include "service/job_json.h"

#include "json/library.h"
#include "service/ids.h"

namespace pxf {
namespace {

Json time_or_null(std::int64_t ms) { return ms == 0 ? Json() : Json(rfc3339(ms)); }

}  // namespace

Json plan_json(const Plan& plan) {
  Json out = to_json(plan);
  out["checkpoint"] = plan.checkpoint;
  out["vae"] = plan.vae;
  out["family"] = plan.family;
  out["prediction"] = plan.prediction;
  out["sampler_label"] = plan.sampler_label;
  out["scheduler_label"] = plan.scheduler_label;
  out["commercial"] = {{"verdict", to_string(plan.commercial.commercial)},
                       {"licence", plan.commercial.name},
                       {"why", plan.commercial.reason}};
  out["settings_from"] = plan.settings_from;
  out.erase("from");
  return out;
}

Json progress_json(const Progress& progress) {
  return {{"stage", to_string(progress.stage)},
          {"picture", progress.picture},
          {"pictures", progress.pictures},
          {"step", progress.step},
          {"steps", progress.steps},
          {"steps_per_second", progress.steps_per_second},
          {"seconds_left", progress.seconds_left < 0 ? Json() : Json(progress.seconds_left)}};
}

Json step_json(const LiveJob& live) {
  Json out = progress_json(live.progress);
  out["preview"] = live.preview.empty() ? Json() : Json(live.preview);
  return out;
}

Json image_json(const StoredPicture& p) {
  return {{"id", p.id},
          {"job", p.job},
          {"index", p.number},
          {"url", "/v1/images/" + p.id},
          {"thumbnail", "/v1/images/" + p.id + "/thumbnail"},
          {"width", p.width},
          {"height", p.height},
          {"format", p.format},
          {"bytes", p.bytes},
          {"seed", p.seed},
          {"prompt", p.prompt},
          {"negative", p.negative},
          {"checkpoint", p.checkpoint},
          {"parameters", p.parameters},
          {"commercial", p.commercial},
          {"because", p.because},
          {"favourite", p.favourite},
          {"created", rfc3339(p.created)}};
}

Json job_json(const Job& job, const std::vector<StoredPicture>& pictures, std::int64_t position,
              const std::optional<LiveJob>& live) {
  Json images = Json::array();
  for (const StoredPicture& picture : pictures) images.push_back(image_json(picture));
  return {{"id", job.id},
          {"state", to_string(job.state)},
          {"position", job.state == JobState::queued ? Json(position) : Json()},
          {"created", rfc3339(job.created)},
          {"started", time_or_null(job.started)},
          {"finished", time_or_null(job.finished)},
          {"progress",
           live && live->id == job.id && job.state == JobState::running ? progress_json(live->progress) : Json()},
          {"request", Json::parse(job.request)},
          {"plan", job.plan.empty() ? Json() : Json::parse(job.plan)},
          {"chosen", job.choice.empty() ? Json() : Json::parse(job.choice)},
          {"images", images},
          {"error", job.error.empty() ? Json() : Json{{"code", job.error_code}, {"message", job.error}}}};
}

}  // namespace pxf
