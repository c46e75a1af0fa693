#include <fmt/format.h>

#include "base/error.h"
#include "json/vote.h"
#include "server/body_fields.h"
#include "server/routes.h"

namespace pxf {
namespace {

Job submit_one(Service& service, const Caller& caller, const Comparison& pair, const Recommended::AtLevel& settings) {
  JobRequest job;
  job.checkpoint = pair.checkpoint;
  job.request.prompt = pair.prompt;
  job.request.seed = pair.seed;
  job.request.sampler = settings.sampler;
  job.request.scheduler = settings.scheduler;
  job.request.steps = settings.steps;
  job.request.cfg_scale = settings.cfg_scale;
  return service.submit(caller, std::move(job));
}

// The jobs' own settings tell which is which to whoever looks: blind is the page, which does not show them.
HttpResponse begin_comparison(Service& service, const Call& call) {
  const Json body = call.request.body.empty() ? Json::object() : json_body(call.request);
  check_fields(body, {"prompt"});
  const Checkpoint checkpoint = value_or_throw(service.engine().open(call.at("name")));
  const Comparison pair = value_or_throw(next_comparison(checkpoint, text_in(body, "prompt"), service.home()));
  const Caller& caller = caller_of(call.request);
  const Job a = submit_one(service, caller, pair, pair.a), b = submit_one(service, caller, pair, pair.b);
  return json_response({{"id", pair.id},
                        {"checkpoint", pair.checkpoint},
                        {"prompt", pair.prompt},
                        {"seed", pair.seed},
                        {"jobs", {{"a", a.id}, {"b", b.id}}}},
                       202);
}

HttpResponse take_vote(Service& service, const Call& call) {
  const Json body = json_body(call.request);
  check_fields(body, {"better"});
  const std::string side = text_in(body, "better");
  if (side != "a" && side != "b" && side != "neither") refuse_value("\"a\", \"b\" or \"neither\"", "better");
  const Better better = side == "a" ? Better::a : side == "b" ? Better::b : Better::neither;
  return json_response(to_json(value_or_throw(vote(service.engine(), call.at("id"), better, service.home()))));
}

}  // namespace

void add_vote_routes(Router& router, Site& site) {
  Service& service = site.service;
  // What is voted for holds for everybody.
  router.add("POST", "/v1/models/{name}/comparisons", [&](const Call& call) {
    admin_or_problem(call.request);
    return begin_comparison(service, call);
  });
  router.add("POST", "/v1/comparisons/{id}", [&](const Call& call) {
    admin_or_problem(call.request);
    return take_vote(service, call);
  });
}

}  // namespace pxf
