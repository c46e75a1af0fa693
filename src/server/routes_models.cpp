#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "json/choice.h"
#include "json/library.h"
#include "pixelforge/pull.h"
#include "server/body_fields.h"
#include "server/routes.h"

namespace pxf {
namespace {

Json settings_json(const std::optional<Recommended>& r) {
  if (!r) return {};
  return {{"sampler", r->sampler},     {"sampler_label", r->sampler_label},
          {"scheduler", r->scheduler}, {"scheduler_label", r->scheduler_label},
          {"steps", r->steps},         {"cfg_scale", r->cfg_scale},
          {"width", r->width},         {"height", r->height}};
}

Json commercial_json(const std::string& licence) {
  const LicenceVerdict verdict = judge_licence(licence);
  return {{"verdict", to_string(verdict.commercial)}, {"licence", verdict.name}, {"why", verdict.reason}};
}

/// Of a model in the program.
Json card_in_program(const LibraryModel& shown) {
  const ModelInfo& model = shown.info;
  return {{"name", model.name},
          {"kind", model.kind},
          {"family", model.family},
          {"title", model.title},
          {"bytes", model.bytes},
          {"license", model.license},
          {"commercial", commercial_json(model.license)},
          {"tags", model.tags},
          {"trigger_words", shown.entry.trigger_words},
          {"description", model.description},
          {"good_for", to_json(good_for(shown))},
          {"preview", Json()},
          {"supported", model.supported || model.lora},
          {"embedded", true},
          {"settings", settings_json(model.recommended)},
          {"id", model.name},  // this and what follows: for OpenAI's clients, who ask at the same address
          {"object", "model"},
          {"created", 0},
          {"owned_by", "pixelforge"}};
}

std::string address_of_preview(const LibraryEntry& entry) {
  return entry.preview.empty() ? std::string() : fmt::format("/v1/models/{}/preview", entry.name);
}

/// Of one in the library, without looking at its file: its settings and what it is good for are told when it is asked
/// for by name.
Json card(const LibraryEntry& entry) {
  const std::string preview = address_of_preview(entry);
  return {{"name", entry.name},
          {"kind", entry.kind},
          {"family", entry.family},
          {"title", entry.title},
          {"bytes", entry.bytes},
          {"license", entry.license},
          {"commercial", commercial_json(entry.license)},
          {"tags", entry.tags},
          {"trigger_words", entry.trigger_words},
          {"description", ""},
          {"good_for", Json()},
          {"preview", preview.empty() ? Json() : Json(preview)},
          {"supported", Json()},
          {"embedded", false},
          {"settings", Json()},
          {"id", entry.name},
          {"object", "model"},
          {"created", entry.added},
          {"owned_by", "pixelforge"}};
}

HttpResponse list_models(Service& service, const HttpRequest& request) {
  const std::string kind = request.parameter("kind");
  const auto fits = [&](const std::string& one) { return kind.empty() || equal_in_any_case(one, kind); };
  Json data = Json::array();
  Library library = service.library();
  for (const LibraryModel& model : library.in_program()) {
    if (fits(model.info.kind)) data.push_back(card_in_program(model));
  }
  for (const LibraryEntry& entry : value_or_throw(library.list())) {
    if (fits(entry.kind)) data.push_back(card(entry));
  }
  return json_response({{"object", "list"}, {"data", data}});
}

bool is_in_program(const LibraryModel& model) { return model.entry.path.empty(); }

Json model_json(Service& service, const std::string& name) {
  const LibraryModel model = value_or_throw(service.library().show(name));
  Json out = to_json(model);
  if (is_in_program(model)) {
    out.update(card_in_program(model));
    return out;
  }
  out.update(card(model.entry));
  out["good_for"] = to_json(good_for(model));
  if (model.info.kind == "checkpoint") out["supported"] = model.info.supported;
  out["description"] = model.info.description;
  out["settings"] = settings_json(model.info.recommended);
  return out;
}

void refuse_in_program(Service& service, const std::string& name) {
  const auto model = service.library().show(name);
  if (model && is_in_program(model.value()))
    throw HttpProblem(409, "invalid_argument", fmt::format("{} is part of the program", name));
}

std::string needed_text(const Json& body, const char* name) {
  if (said_in(body, name) == nullptr) throw HttpProblem(422, "invalid_argument", "is missing", name);
  std::string text = text_in(body, name);
  if (text.empty()) throw HttpProblem(422, "invalid_argument", "is empty", name);
  return text;
}

HttpResponse change_model(Service& service, const Call& call) {
  std::string name = call.at("name");
  const Json body = json_body(call.request);
  check_fields(body, {"name", "set"});
  const std::string to = text_in(body, "name");
  if (!to.empty()) refuse_in_program(service, name);
  Library library = service.library();
  if (const auto set = body.find("set"); set != body.end() && !set->is_null()) {
    if (!set->is_object()) throw HttpProblem(422, "invalid_argument", "need an object of strings", "set");
    std::map<std::string, std::string> values;
    for (const auto& [key, value] : set->items()) {
      if (!value.is_string()) throw HttpProblem(422, "invalid_argument", "need a string", "set." + key);
      values[key] = value.get<std::string>();
    }
    value_or_throw(library.set(name, values));
  }
  if (!to.empty()) {
    value_or_throw(library.rename(name, to));
    name = to;
  }
  return json_response(model_json(service, name));
}

HttpResponse preview(Service& service, const Call& call) {
  const LibraryModel model = value_or_throw(service.library().show(call.at("name")));
  if (model.entry.preview.empty()) throw HttpProblem(404, "not_found", "this model has no picture");
  const auto file = value_or_throw(MappedFile::open(model.entry.preview));
  const auto format = format_of_name(model.entry.preview);
  const std::string type = format == ImageFormat::jpeg   ? "image/jpeg"
                           : format == ImageFormat::webp ? "image/webp"
                                                         : "image/png";
  return file_response(call.request, {file->bytes(), file}, type,
                       fmt::format("{}-{}", call.at("name"), file->bytes().size()), "private, no-cache");
}

ImportMode mode_of(const std::string& text) {
  if (text.empty() || text == "link") return ImportMode::link;
  if (text == "copy") return ImportMode::copy;
  if (text == "move") return ImportMode::move;
  throw HttpProblem(422, "invalid_argument", "need one of \"link\", \"copy\", \"move\"", "mode");
}

HttpResponse accepted(const TaskState& task) {
  HttpResponse response = json_response(to_json(task), 202);
  response.headers.emplace_back("Location", "/v1/tasks/" + task.id);
  return response;
}

HttpResponse import_model(Service& service, const HttpRequest& request) {
  const Json body = json_body(request);
  check_fields(body, {"path", "mode", "name"});
  const std::string path = needed_text(body, "path");
  const ImportOptions options{mode_of(text_in(body, "mode")), text_in(body, "name")};
  return accepted(service.tasks().start(
      "import", [&service, path, options](const Tasks::Update& update, const CancelToken& cancel) -> Result<Json> {
        update([&](TaskState& task) { task.what = path; });
        auto added = service.library().add(path, options, &cancel);
        if (!added) return std::move(added).error();
        return model_json(service, added.value().entry.name);
      }));
}

const char* words_of(PullStage stage) {
  switch (stage) {
    case PullStage::looking_up: return "asking what is there";
    case PullStage::waiting: return "another process pulls it already; waiting for it";
    case PullStage::fetching: return "fetching";
    case PullStage::checking: return "checking its sha256";
  }
  return "";
}

HttpResponse pull_model(Service& service, const HttpRequest& request) {
  const Json body = json_body(request);
  check_fields(body, {"source", "name"});
  const std::string source = needed_text(body, "source");
  PullOptions options;
  options.name = text_in(body, "name");
  return accepted(service.tasks().start(
      "pull", [&service, source, options](const Tasks::Update& update, const CancelToken& cancel) -> Result<Json> {
        const auto on_progress = [&](const PullProgress& progress) {
          update([&](TaskState& task) {
            task.what = words_of(progress.stage);
            task.done = progress.done;
            task.total = progress.of;
          });
        };
        auto pulled = service.library().pull(source, options, on_progress, &cancel);
        if (!pulled) return std::move(pulled).error();
        return model_json(service, pulled.value().entry.name);
      }));
}

TaskState task_or_problem(Service& service, const std::string& id) {
  auto task = service.tasks().find(id);
  if (!task) throw HttpProblem(404, "not_found", fmt::format("task \"{}\": there is none", id));
  return *task;
}

void task_events(Service& service, const Call& call, const HttpReply& reply) {
  const TaskState task = task_or_problem(service, call.at("id"));
  const auto stream = reply.stream({.headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}}});
  const auto tell = [stream](const std::string& name, const std::string& data) {
    stream->send(event_text(name, data), name == "task");
    if (name != "task") stream->close();
  };
  const std::shared_ptr<EventHub::Subscription> subscription =
      service.events().subscribe(Tasks::topic(task.id), [tell](const auto& event) { tell(event->name, event->data); });
  stream->on_end([subscription] {});  // which goes with the stream
  const TaskState now = task_or_problem(service, task.id);
  tell(now.state == "running" ? "task" : now.state, dump(to_json(now)));
}

}  // namespace

void add_model_routes(Router& router, Site& site) {
  Service& service = site.service;
  router.add("GET", "/v1/models", [&](const Call& call) { return list_models(service, call.request); });
  const auto by_admin = [](auto answer) {
    return [answer](const Call& call) {
      admin_or_problem(call.request);
      return answer(call);
    };
  };
  router.add("POST", "/v1/models/import",
             by_admin([&](const Call& call) { return import_model(service, call.request); }));
  router.add("POST", "/v1/models/pull", by_admin([&](const Call& call) { return pull_model(service, call.request); }));
  router.add("GET", "/v1/models/{name}", [&](const Call& call) {
    Json model = model_json(service, call.at("name"));
    if (!caller_of(call.request).is_admin) model.erase("path");
    return json_response(model);
  });
  router.add("GET", "/v1/models/{name}/preview", [&](const Call& call) { return preview(service, call); });
  router.add("PATCH", "/v1/models/{name}", by_admin([&](const Call& call) { return change_model(service, call); }));
  router.add("DELETE", "/v1/models/{name}", by_admin([&](const Call& call) {
               refuse_in_program(service, call.at("name"));
               value_or_throw(service.library().remove(call.at("name")));
               return HttpResponse{.status = 204};
             }));
  router.add("GET", "/v1/tasks", by_admin([&](const Call&) {
               Json data = Json::array();
               for (const TaskState& task : service.tasks().list()) data.push_back(to_json(task));
               return json_response({{"data", data}});
             }));
  router.add("GET", "/v1/tasks/{id}", by_admin([&](const Call& call) {
               return json_response(to_json(task_or_problem(service, call.at("id"))));
             }));
  router.add("DELETE", "/v1/tasks/{id}", by_admin([&](const Call& call) {
               task_or_problem(service, call.at("id"));
               return json_response(to_json(*service.tasks().cancel(call.at("id"))));
             }));
  router.add_late("GET", "/v1/tasks/{id}/events", [&](const Call& call, const HttpReply& reply) {
    admin_or_problem(call.request);
    task_events(service, call, reply);
  });
}

}  // namespace pxf
