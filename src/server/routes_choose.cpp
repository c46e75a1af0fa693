#include "base/error.h"
#include "json/choice.h"
#include "server/routes.h"

namespace pxf {
namespace {

void read_field(const Json& body, const char* name, std::string& into) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return;
  if (!found->is_string()) throw HttpProblem(422, "invalid_argument", "need a string", name);
  into = found->get<std::string>();
}

void read_field(const Json& body, const char* name, std::optional<int>& into) {
  constexpr std::int64_t kMost = 65'536;
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return;
  if (!found->is_number_integer() || *found < 1 || *found > kMost)
    throw HttpProblem(422, "invalid_argument", "need a whole number from 1 to 65536", name);
  into = found->get<int>();
}

void read_field(const Json& body, const char* name, bool& into) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return;
  if (!found->is_boolean()) throw HttpProblem(422, "invalid_argument", "need true or false", name);
  into = found->get<bool>();
}

HttpResponse choose(Service& service, const HttpRequest& request) {
  const Json body = json_body(request);
  check_fields(body, {"prompt", "negative", "width", "height", "commercial"});
  if (!body.contains("prompt") || body["prompt"].is_null())
    throw HttpProblem(422, "invalid_argument", "is missing", "prompt");
  ChooseRequest wish;
  read_field(body, "prompt", wish.prompt);
  read_field(body, "negative", wish.negative);
  read_field(body, "width", wish.width);
  read_field(body, "height", wish.height);
  read_field(body, "commercial", wish.commercial);
  return json_response(to_json(service.choose(caller_of(request), wish)));
}

}  // namespace

void add_choose_routes(Router& router, Site& site) {
  Service& service = site.service;
  router.add("POST", "/v1/choose", [&](const Call& call) { return choose(service, call.request); });
  router.add("DELETE", "/v1/habits", [&](const Call& call) {
    service.forget_habits(caller_of(call.request));
    return HttpResponse{.status = 204};
  });
}

}  // namespace pxf
