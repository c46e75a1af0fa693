#include "base/error.h"
#include "json/choice.h"
#include "server/body_fields.h"
#include "server/routes.h"

namespace pxf {
namespace {

HttpResponse choose(Service& service, const HttpRequest& request) {
  const Json body = json_body(request);
  check_fields(body, {"prompt", "negative", "width", "height", "commercial"});
  if (said_in(body, "prompt") == nullptr) throw HttpProblem(422, "invalid_argument", "is missing", "prompt");
  constexpr int kLargestSide = 65'536;
  const ChooseRequest wish{.prompt = text_in(body, "prompt"),
                           .negative = text_in(body, "negative"),
                           .width = whole_in(body, "width", 1, kLargestSide),
                           .height = whole_in(body, "height", 1, kLargestSide),
                           .commercial = flag_in(body, "commercial")};
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
