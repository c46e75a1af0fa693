#include "server/a1111_answers.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/base64.h"
#include "base/error.h"
#include "server/job_waits.h"
#include "server/known_models.h"
#include "service/worker.h"

namespace pxf {
namespace {

// "20261130140559", in the time of this machine as A1111 has it.
std::string a1111_timestamp(std::int64_t ms) {
  std::tm local{};
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  localtime_r(&seconds, &local);
  return fmt::format("{:%Y%m%d%H%M%S}", local);
}

std::string file_in_base64(Service& service, const StoredPicture& picture) {
  return base64(service.pictures().file(picture).bytes);
}

/// What of a job's plan is shown; empty before it has one.
Json plan_of(const Job& job) { return job.plan.empty() ? Json::object() : Json::parse(job.plan); }

Json list_of(const std::vector<StoredPicture>& pictures, const std::function<Json(const StoredPicture&)>& one) {
  Json out = Json::array();
  for (const StoredPicture& picture : pictures) out.push_back(one(picture));
  return out;
}

/// Seeds of the pictures as A1111 counts them: those of variations stay, and their variation seeds go on.
Json variation_seeds(const Request& request, const std::vector<StoredPicture>& pictures) {
  const bool varies = request.variation_strength > 0;
  return list_of(pictures, [&](const StoredPicture& picture) {
    return varies ? Json(request.variation_seed.value_or(0) + static_cast<std::uint64_t>(picture.number)) : Json(-1);
  });
}

void add_prompts(Json& info, const Request& request, const std::vector<StoredPicture>& pictures) {
  const auto prompts = list_of(pictures, [](const StoredPicture& picture) { return picture.prompt; });
  const auto negatives = list_of(pictures, [](const StoredPicture& picture) { return picture.negative; });
  info["prompt"] = pictures.empty() ? request.prompt : pictures[0].prompt;
  info["all_prompts"] = prompts;
  info["negative_prompt"] = pictures.empty() ? request.negative : pictures[0].negative;
  info["all_negative_prompts"] = negatives;
}

void add_seeds(Json& info, const Request& request, const std::vector<StoredPicture>& pictures) {
  const Json subseeds = variation_seeds(request, pictures);
  info["seed"] = request.seed.value_or(0);
  info["all_seeds"] = list_of(pictures, [](const StoredPicture& picture) { return picture.seed; });
  info["subseed"] = request.variation_strength > 0 ? Json(request.variation_seed.value_or(0)) : Json(-1);
  info["all_subseeds"] = subseeds;
  info["subseed_strength"] = request.variation_strength;
  info["seed_resize_from_w"] = request.seed_resize_width.value_or(-1);
  info["seed_resize_from_h"] = request.seed_resize_height.value_or(-1);
}

void add_settings(Json& info, const Json& plan, const Request& request) {
  info["width"] = plan.value("width", request.width.value_or(0));
  info["height"] = plan.value("height", request.height.value_or(0));
  info["sampler_name"] = plan.value("sampler_label", "");
  info["scheduler"] = plan.value("scheduler_label", "");
  info["cfg_scale"] = plan.value("cfg_scale", 0.0);
  info["steps"] = plan.value("steps", 0);
  info["batch_size"] = request.count;
  info["restore_faces"] = false;
  info["face_restoration_model"] = nullptr;
  info["denoising_strength"] = !request.init && request.hires ? Json(request.hires_strength) : Json();
  info["clip_skip"] = plan.value("clip_skip", 1);
  info["styles"] = request.styles;
}

void add_models(Service& service, Json& info, const Job& job, const JobRequest& asked) {
  const auto model = find_model(known_models(service, "checkpoint"), job.checkpoint);
  info["sd_model_name"] = job.checkpoint;
  info["sd_model_hash"] = model && !model->sha256.empty() ? Json(model->short_hash()) : Json();
  const auto vae = find_model(known_models(service, "VAE"), asked.vae);
  info["sd_vae_name"] = asked.vae.empty() ? Json() : Json(asked.vae);
  info["sd_vae_hash"] = vae && !vae->sha256.empty() ? Json(vae->short_hash()) : Json();
}

std::string not_followed(const std::vector<std::string>& notes, const Json& plan) {
  std::vector<std::string> all = notes;
  for (const Json& notice : plan.value("notices", Json::array())) {
    if (notice.is_string()) all.push_back(notice.get<std::string>());
  }
  return fmt::format("{}", fmt::join(all, "; "));
}

Json info_of(Service& service, const Job& job, const A1111Request& asked, const std::vector<StoredPicture>& pictures) {
  const JobRequest drawn = value_or_throw(read_job_request(Json::parse(job.request)));
  const Json plan = plan_of(job);
  Json info = Json::object();
  add_prompts(info, drawn.request, pictures);
  add_seeds(info, drawn.request, pictures);
  add_settings(info, plan, drawn.request);
  if (!drawn.init.empty()) info["denoising_strength"] = drawn.request.strength;
  add_models(service, info, job, drawn);
  info["extra_generation_params"] = Json::object();
  if (const std::string notes = not_followed(asked.notes, plan); !notes.empty())
    info["extra_generation_params"]["Not followed"] = notes;
  info["index_of_first_image"] = 0;
  info["infotexts"] = list_of(pictures, [](const StoredPicture& picture) { return picture.parameters; });
  info["job_timestamp"] = a1111_timestamp(job.started != 0 ? job.started : job.created);
  info["is_using_inpainting_conditioning"] = false;
  info["version"] = fmt::format("PixelForge {}", version());
  info["job"] = job.id;
  return info;
}

const char* class_of_error(int status) {
  return status == 404 || status == 405 ? "HTTPException" : status == 422 ? "RequestValidationError" : "RuntimeError";
}

Json idle_state() {
  return {{"skipped", false}, {"interrupted", false}, {"stopping_generation", false},
          {"job", ""},        {"job_count", 0},       {"job_timestamp", "0"},
          {"job_no", 0},      {"sampling_step", 0},   {"sampling_steps", 0}};
}

double share_done(const Progress& progress) {
  const double pictures = std::max(1, progress.pictures);
  const double steps = progress.steps > 0 ? static_cast<double>(progress.step) / progress.steps : 0;
  return std::clamp(0.01 + (progress.picture + steps) / pictures, 0.01, 1.0);
}

}  // namespace

HttpResponse a1111_problem(const HttpProblem& problem) {
  HttpResponse response = json_response({{"error", class_of_error(problem.status)},
                                         {"detail", problem.detail},
                                         {"body", problem.field},
                                         {"errors", problem.detail}},
                                        problem.status);
  response.headers.insert(response.headers.end(), problem.headers.begin(), problem.headers.end());
  return response;
}

HttpResponse a1111_pictures(Service& service, const Job& job, const A1111Request& asked, Json echo) {
  if (job.state != JobState::done && job.state != JobState::cancelled) throw problem_of_job(job);
  const auto pictures = service.pictures().of_job(job.id);
  Json images = Json::array();
  if (asked.send_images)
    images = list_of(pictures, [&](const auto& picture) { return file_in_base64(service, picture); });
  return json_response({{"images", std::move(images)},
                        {"parameters", std::move(echo)},
                        {"info", dump(info_of(service, job, asked, pictures))}});
}

Json a1111_progress(Service& service, const std::string& owner, bool with_picture) {
  Json out = {{"progress", 0.0},
              {"eta_relative", 0.0},
              {"state", idle_state()},
              {"current_image", nullptr},
              {"textinfo", nullptr}};
  const auto live = service.live_of(owner);
  const auto job = live ? service.queue().find(live->id) : std::nullopt;
  if (!job) return out;
  const Progress& progress = live->progress;
  out["progress"] = share_done(progress);
  out["eta_relative"] = std::max(0.0, progress.seconds_left);
  out["state"].update({{"job", job->id},
                       {"job_count", std::max(1, progress.pictures)},
                       {"job_timestamp", a1111_timestamp(job->started)},
                       {"job_no", progress.picture},
                       {"interrupted", job->cancelling},
                       {"sampling_step", progress.step},
                       {"sampling_steps", progress.steps}});
  if (with_picture && !live->preview.empty()) out["current_image"] = without_data_prefix(live->preview);
  return out;
}

}  // namespace pxf
