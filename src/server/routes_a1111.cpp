// A1111's API, for the clients that speak it: docs/api.md says what of it is served.
#include <fmt/format.h>

#include <memory>

#include "server/a1111_answers.h"
#include "server/a1111_settings.h"
#include "server/known_models.h"
#include "server/routes.h"

namespace pxf {
namespace {

/// The jobs that clients gave names of their own.
class TaskNames {
 public:
  void add(const std::string& task, const std::string& job) {
    constexpr std::size_t kMost = 1000;
    if (task.empty() || task.size() > 200) return;
    std::lock_guard lock(mutex_);
    if (jobs_.size() >= kMost) jobs_.clear();  // so old that nobody asks any more
    jobs_[task] = job;
  }
  std::string job_of(const std::string& task) {
    std::lock_guard lock(mutex_);
    const auto found = jobs_.find(task);
    return found == jobs_.end() ? "" : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> jobs_;
};

struct A1111 {
  explicit A1111(Site& site) : service(site.service), settings(site.service), waits(site.waits) {}
  Service& service;
  A1111Settings settings;
  TaskNames tasks;
  JobWaits& waits;
};

Json body_or_nothing(const HttpRequest& request) { return request.body.empty() ? Json::object() : json_body(request); }

/// The request as it is told again, which need not be kept with its pictures.
Json echo_of(const ClientFields& body, bool with_pictures) {
  Json echo = body.json();
  for (const char* name : {"init_images", "mask"}) {
    if (!with_pictures && echo.contains(name)) echo[name] = nullptr;
  }
  return echo;
}

void draw(A1111& api, const Call& call, const HttpReply& reply, bool from_picture) {
  const ClientFields body(json_body(call.request));
  const A1111Request asked = read_a1111_request(api.service, api.settings.options(), body, from_picture);
  const Job job = api.service.submit(caller_of(call.request), asked.job);
  api.tasks.add(asked.task, job.id);
  api.waits.reply_when_ended(
      job.id, reply,
      [&api, asked, echo = echo_of(body, asked.include_init_images)](const Job& ended) {
        return a1111_pictures(api.service, ended, asked, echo);
      },
      a1111_problem);
}

/// Ends the job that is being drawn. Others of a client go on waiting, as in A1111.
void interrupt(Service& service, const std::string& owner) {
  const auto live = service.live_of(owner);
  const auto job = live ? service.queue().find(live->id) : std::nullopt;
  if (job) service.cancel(job->id);
}

Json task_progress(A1111& api, const HttpRequest& request) {
  const ClientFields body(body_or_nothing(request));
  const auto job = api.service.queue().find(api.tasks.job_of(body.text("id_task").value_or("")));
  const Json live = a1111_progress(api.service, caller_of(request).owner, body.flag("live_preview").value_or(true));
  const bool active = job && live["state"]["job"] == job->id;
  const Json picture = active ? live["current_image"] : Json();
  return {{"active", active},
          {"queued", job && job->state == JobState::queued},
          {"completed", job && has_ended(job->state)},
          {"progress", active ? live["progress"] : Json()},
          {"eta", active ? live["eta_relative"] : Json()},
          {"live_preview", picture.is_string() ? Json("data:image/jpeg;base64," + picture.get<std::string>()) : Json()},
          {"id_live_preview", active ? live["state"]["sampling_step"] : Json(-1)},
          {"textinfo", nullptr}};
}

class A1111Routes {
 public:
  A1111Routes(Router& router, Site& site) : router_(router), api_(std::make_shared<A1111>(site)) {}

  template <class Answer>  // (A1111&, const HttpRequest&) -> Json
  void get(const char* name, Answer answer) {
    add("GET", name, answer);
  }
  template <class Answer>
  void post(const char* name, Answer answer) {
    add("POST", name, answer);
  }
  void draw_at(const char* name, bool from_picture) {
    router_.add_late(
        "POST", address(name),
        [api = api_, from_picture](const Call& call, const HttpReply& reply) { draw(*api, call, reply, from_picture); },
        a1111_problem);
  }
  void refuse(const char* method, const char* name, const char* why) {
    router_.add(
        method, address(name), [why](const Call&) -> HttpResponse { throw HttpProblem(501, "unsupported", why); },
        a1111_problem);
  }

 private:
  static std::string address(const char* name) {
    return name[0] == '/' ? std::string(name) : fmt::format("/sdapi/v1/{}", name);
  }
  template <class Answer>
  void add(const char* method, const char* name, Answer answer) {
    router_.add(
        method, address(name),
        [api = api_, answer](const Call& call) { return json_response(answer(*api, call.request)); }, a1111_problem);
  }

  Router& router_;
  std::shared_ptr<A1111> api_;
};

void add_drawing(A1111Routes& routes) {
  routes.draw_at("txt2img", false);
  routes.draw_at("img2img", true);
  routes.get("progress", [](A1111& api, const HttpRequest& request) {
    const std::string skip = request.parameter("skip_current_image");
    return a1111_progress(api.service, caller_of(request).owner, skip != "true" && skip != "True" && skip != "1");
  });
  routes.post("/internal/progress", task_progress);
  routes.get("/internal/ping", [](A1111&, const HttpRequest&) { return Json::object(); });
  routes.post("interrupt", [](A1111& api, const HttpRequest& request) {
    interrupt(api.service, caller_of(request).owner);
    return Json::object();
  });
  routes.post("skip", [](A1111& api, const HttpRequest& request) {
    interrupt(api.service, caller_of(request).owner);
    return Json();
  });
}

// It takes this machine's time, which nothing here counts.
void refuse_visitors(const HttpRequest& request) {
  if (caller_of(request).is_visitor) throw HttpProblem(403, "forbidden", "enlarging pictures needs an account here");
}

void add_pictures(A1111Routes& routes) {
  routes.post("png-info", [](A1111&, const HttpRequest& request) {
    return a1111_png_info(ClientFields(json_body(request)).text("image").value_or(""));
  });
  routes.post("extra-single-image", [](A1111&, const HttpRequest& request) {
    refuse_visitors(request);
    return a1111_extra(json_body(request));
  });
  routes.post("extra-batch-images", [](A1111&, const HttpRequest& request) {
    refuse_visitors(request);
    return a1111_extras(json_body(request));
  });
}

void add_options(A1111Routes& routes) {
  routes.get("options",
             [](A1111& api, const HttpRequest&) { return a1111_options(api.service, api.settings.options()); });
  routes.post("options", [](A1111& api, const HttpRequest& request) {
    admin_or_problem(request);  // what it sets holds for everybody
    api.settings.set(json_body(request));
    return Json();
  });
  routes.get("cmd-flags", [](A1111&, const HttpRequest&) { return a1111_flags(); });
  routes.get("memory", [](A1111& api, const HttpRequest&) { return a1111_memory(api.service); });
}

void add_models(A1111Routes& routes) {
  routes.get("sd-models", [](A1111& api, const HttpRequest&) { return a1111_checkpoints(api.service); });
  routes.get("sd-vae", [](A1111& api, const HttpRequest&) { return a1111_vaes(api.service); });
  routes.get("sd-modules", [](A1111& api, const HttpRequest&) { return a1111_modules(api.service); });
  routes.get("loras", [](A1111& api, const HttpRequest&) { return a1111_loras(api.service); });
  routes.get("embeddings", [](A1111& api, const HttpRequest&) { return a1111_embeddings(api.service); });
  routes.get("prompt-styles", [](A1111& api, const HttpRequest&) { return a1111_styles(api.service); });
  // The library is looked at anew by every request, and a checkpoint that nobody draws with is let go of by itself.
  for (const char* name : {"refresh-checkpoints", "refresh-vae", "refresh-embeddings", "refresh-loras"})
    routes.post(name, [](A1111&, const HttpRequest&) { return Json(); });
  for (const char* name : {"unload-checkpoint", "reload-checkpoint"})
    routes.post(name, [](A1111&, const HttpRequest&) { return Json::object(); });
}

void add_lists(A1111Routes& routes) {
  routes.get("samplers", [](A1111&, const HttpRequest&) { return a1111_samplers(); });
  routes.get("schedulers", [](A1111&, const HttpRequest&) { return a1111_schedulers(); });
  routes.get("upscalers", [](A1111&, const HttpRequest&) { return a1111_upscalers(); });
  routes.get("latent-upscale-modes", [](A1111&, const HttpRequest&) { return a1111_latent_modes(); });
  for (const char* name : {"hypernetworks", "face-restorers", "realesrgan-models", "script-info", "extensions"})
    routes.get(name, [](A1111&, const HttpRequest&) { return Json::array(); });
  routes.get("scripts", [](A1111&, const HttpRequest&) {
    return Json{{"txt2img", Json::array()}, {"img2img", Json::array()}};
  });
}

void add_refusals(A1111Routes& routes) {
  for (const char* name : {"server-kill", "server-restart", "server-stop"})
    routes.refuse("POST", name, "clients may not stop this server; Ctrl-C where it runs does");
  for (const char* name : {"create/embedding", "create/hypernetwork", "train/embedding", "train/hypernetwork"})
    routes.refuse("POST", name, "nothing is trained here");
  routes.refuse("POST", "interrogate", "there is no model here that describes pictures");
}

}  // namespace

void add_a1111_routes(Router& router, Site& site) {
  A1111Routes routes(router, site);
  add_drawing(routes);
  add_pictures(routes);
  add_options(routes);
  add_models(routes);
  add_lists(routes);
  add_refusals(routes);
}

}  // namespace pxf
