// The API of stable-diffusion.cpp's server: docs/api.md says what of it is served.
#include <fmt/format.h>

#include "base/base64.h"
#include "pixelforge/methods.h"
#include "server/known_models.h"
#include "server/routes.h"
#include "server/sdcpp_request.h"

namespace pxf {
namespace {

/// {"error": words}; its clients know 400 for all that is wrong with a request, and 429 for a full queue.
HttpResponse sdcpp_problem(const HttpProblem& problem) {
  const int status = problem.status == 422 ? 400 : problem.code == "queue_full" ? 429 : problem.status;
  HttpResponse response = json_response({{"error", problem.detail}, {"message", problem.detail}}, status);
  response.headers.insert(response.headers.end(), problem.headers.begin(), problem.headers.end());
  return response;
}

const char* sdcpp_status(JobState state) {
  switch (state) {
    case JobState::queued: return "queued";
    case JobState::running: return "generating";
    case JobState::done: return "completed";
    case JobState::failed: return "failed";
    case JobState::cancelled: return "cancelled";
  }
  return "failed";
}

Json seconds_or_null(std::int64_t ms) { return ms == 0 ? Json() : Json(ms / 1000); }

Json result_of(Service& service, const Job& job) {
  if (job.state != JobState::done) return {};
  Json images = Json::array();
  std::string format = "png";
  for (const StoredPicture& picture : service.pictures().of_job(job.id)) {
    format = picture.format;
    images.push_back({{"index", picture.number}, {"b64_json", base64(service.pictures().file(picture).bytes)}});
  }
  return {{"output_format", format}, {"images", images}};
}

Json error_of(const Job& job) {
  if (job.state == JobState::cancelled) return {{"code", "cancelled"}, {"message", "job cancelled by client"}};
  if (job.state == JobState::failed) return {{"code", job.error_code}, {"message", job.error}};
  return {};
}

Json sdcpp_job(Service& service, const Job& job) {
  return {{"id", job.id},
          {"kind", "img_gen"},
          {"status", sdcpp_status(job.state)},
          {"created", job.created / 1000},
          {"started", seconds_or_null(job.started)},
          {"completed", seconds_or_null(job.finished)},
          {"queue_position", service.queue().position(job)},
          {"result", result_of(service, job)},
          {"error", error_of(job)}};
}

Job sdcpp_job_of(Service& service, const Call& call) {
  auto job = service.queue().find(call.at("id"));
  if (!job || !caller_of(call.request).may_see(job->owner)) throw HttpProblem(404, "not_found", "job not found");
  return *job;
}

HttpResponse submit_sdcpp_job(Service& service, const HttpRequest& request) {
  if (request.body.empty()) throw HttpProblem(400, "invalid_argument", "empty body");
  JobRequest asked;
  std::vector<std::string> notes;
  read_sdcpp_fields(service, ClientFields(json_body(request)), asked, notes);
  const Job job = service.submit(caller_of(request), asked);
  Json out = {{"id", job.id},
              {"kind", "img_gen"},
              {"status", "queued"},
              {"created", job.created / 1000},
              {"poll_url", "/sdcpp/v1/jobs/" + job.id}};
  if (!notes.empty()) out["not_followed"] = notes;
  return json_response(out, 202);
}

HttpResponse cancel_sdcpp_job(Service& service, const Call& call) {
  if (has_ended(sdcpp_job_of(service, call).state)) throw HttpProblem(409, "conflict", "the job has ended already");
  return json_response(sdcpp_job(service, *service.cancel(call.at("id"))));
}

/// What a request gets that says nothing.
Json defaults_of(const Plan& plan) {
  const Request usual;
  const Json guidance = {{"txt_cfg", plan.cfg_scale}, {"img_cfg", nullptr}, {"distilled_guidance", 3.5}};
  return {{"prompt", ""},
          {"negative_prompt", ""},
          {"clip_skip", plan.clip_skip},
          {"width", plan.width},
          {"height", plan.height},
          {"strength", usual.strength},
          {"seed", -1},
          {"batch_count", 1},
          {"sample_params",
           {{"scheduler", plan.scheduler},
            {"sample_method", plan.sampler},
            {"sample_steps", plan.steps},
            {"eta", nullptr},
            {"guidance", guidance}}},
          {"hires",
           {{"enabled", false},
            {"upscaler", "Lanczos"},
            {"scale", 2.0},
            {"target_width", 0},
            {"target_height", 0},
            {"steps", 0},
            {"denoising_strength", usual.hires_strength}}},
          {"vae_tiling_params", {{"enabled", false}}},
          {"output_format", "png"},
          {"output_compression", 100}};
}

Json features() {
  return {{"init_image", true},  {"mask_image", true},    {"control_image", false},   {"ip_adapter_image", false},
          {"ref_images", false}, {"lora", true},          {"vae_tiling", true},       {"hires", true},
          {"cache", false},      {"cancel_queued", true}, {"cancel_generating", true}};
}

Json names_of(const std::vector<MethodName>& methods) {
  Json out = Json::array();
  for (const MethodName& one : methods) out.push_back(one.name);
  return out;
}

Json loras_of(Service& service) {
  Json out = Json::array();
  for (const KnownModel& model : known_models(service, "LoRA"))
    out.push_back({{"name", model.name}, {"path", model.file}});
  return out;
}

Json capabilities(Service& service) {
  const Plan plan = service.plan({}, JobRequest());
  const Json defaults = defaults_of(plan), formats = {"png", "jpeg", "webp"};
  return {{"model", {{"name", plan.checkpoint}, {"stem", plan.checkpoint}, {"path", plan.checkpoint + ".safetensors"}}},
          {"current_mode", "img_gen"},
          {"supported_modes", Json::array({"img_gen"})},
          {"defaults", defaults},
          {"output_formats", formats},
          {"features", features()},
          {"defaults_by_mode", {{"img_gen", defaults}}},
          {"output_formats_by_mode", {{"img_gen", formats}}},
          {"features_by_mode", {{"img_gen", features()}}},
          {"samplers", names_of(samplers())},
          {"schedulers", names_of(schedulers())},
          {"loras", loras_of(service)},
          {"upscalers", Json::array({Json{{"name", "None"}}, Json{{"name", "Lanczos"}}})},
          {"limits",
           {{"min_width", 64},
            {"max_width", 16384},
            {"min_height", 64},
            {"max_height", 16384},
            {"max_batch_count", 1000},
            {"max_queue_size", 10000}}}};
}

}  // namespace

void add_sdcpp_routes(Router& router, Site& site) {
  Service& service = site.service;
  router.add(
      "GET", "/sdcpp/v1/capabilities", [&](const Call&) { return json_response(capabilities(service)); },
      sdcpp_problem);
  router.add(
      "POST", "/sdcpp/v1/img_gen", [&](const Call& call) { return submit_sdcpp_job(service, call.request); },
      sdcpp_problem);
  router.add(
      "POST", "/sdcpp/v1/vid_gen",
      [](const Call&) -> HttpResponse { throw HttpProblem(400, "unsupported", "there is no model here for videos"); },
      sdcpp_problem);
  router.add(
      "GET", "/sdcpp/v1/jobs/{id}",
      [&](const Call& call) { return json_response(sdcpp_job(service, sdcpp_job_of(service, call))); }, sdcpp_problem);
  router.add(
      "POST", "/sdcpp/v1/jobs/{id}/cancel", [&](const Call& call) { return cancel_sdcpp_job(service, call); },
      sdcpp_problem);
}

}  // namespace pxf
