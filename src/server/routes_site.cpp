#include <fmt/format.h>

#include <charconv>

#include "pixelforge/methods.h"
#include "server/routes.h"
#include "service/ids.h"

namespace pxf {
namespace {

Json names_json(const std::vector<MethodName>& names) {
  Json data = Json::array();
  for (const MethodName& one : names)
    data.push_back({{"name", one.name}, {"label", one.label}, {"aliases", one.aliases}});
  return {{"data", data}};
}

Json glossary_json() {
  Json data = Json::array();
  for (const GlossaryEntry& entry : glossary()) {
    data.push_back({{"term", entry.term}, {"aliases", entry.aliases}, {"text", entry.text}});
  }
  return {{"data", data}};
}

Json account_json(Service& service, const HttpRequest& request) {
  const Caller& caller = caller_of(request);
  Json allowance;
  if (const auto state = service.allowance(caller)) {
    allowance = {
        {"limit", state->limit}, {"used", state->used}, {"left", state->left()}, {"resets", rfc3339(state->resets)}};
  }
  return {{"user", caller.name},
          {"admin", caller.is_admin},
          {"visitor", caller.is_visitor},
          {"limits", to_json(caller.limits)},
          {"commercial_only", caller.commercial_only},
          {"allowance", allowance},
          {"webhook_secret", caller.is_admin ? Json(service.accounts().secret(kWebhookSecret)) : Json()}};
}

Json status_json(Site& site, bool is_admin) {
  const QueueCounts queue = site.service.queue().counts();
  return {{"version", version()},
          {"machine", is_admin ? to_json(site.service.engine().machine()) : Json()},
          {"loaded", loaded_json(site.service.engine())},
          {"queue", {{"queued", queue.queued}, {"running", queue.running}}},
          {"connections", site.counts().connections}};
}

}  // namespace

const Caller& caller_of(const HttpRequest& request) {
  static const Caller local;
  return request.caller ? *request.caller : local;
}

void admin_or_problem(const HttpRequest& request) {
  if (!caller_of(request).is_admin) throw HttpProblem(403, "not_allowed", "only administrators may do this");
}

int limit_of(const HttpRequest& request) {
  constexpr int kUsual = 50, kMost = 200;
  const std::string text = request.parameter("limit");
  if (text.empty()) return kUsual;
  int limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc{} || end != text.data() + text.size() || limit < 1 || limit > kMost) {
    throw HttpProblem(422, "invalid_argument", fmt::format("got \"{}\", need 1 to {}", text, kMost), "limit");
  }
  return limit;
}

std::string cursor_of(const HttpRequest& request) {
  std::string cursor = request.parameter("cursor");
  if (!cursor.empty() && !is_id(cursor))
    throw HttpProblem(422, "invalid_argument", "is none that was given here", "cursor");
  return cursor;
}

void add_site_routes(Router& router, Site& site) {
  router.add("GET", "/v1/samplers", [](const Call&) { return json_response(names_json(samplers())); });
  router.add("GET", "/v1/schedulers", [](const Call&) { return json_response(names_json(schedulers())); });
  router.add("GET", "/v1/glossary", [](const Call&) { return json_response(glossary_json()); });
  router.add("GET", "/v1/account",
             [&](const Call& call) { return json_response(account_json(site.service, call.request)); });
  router.add("GET", "/v1/status",
             [&](const Call& call) { return json_response(status_json(site, caller_of(call.request).is_admin)); });
  router.add("GET", "/openapi.json", [](const Call& call) { return openapi(call.request); });
  router.add("GET", "/healthz", [](const Call&) { return json_response({{"status", "ok"}}); });
  router.add("GET", "/readyz", [&](const Call&) {
    site.service.queue().counts();  // the database answers
    return json_response({{"status", "ok"}});
  });
  router.add("GET", "/metrics", [&](const Call& call) {
    admin_or_problem(call.request);
    return HttpResponse{.headers = {{"Content-Type", "text/plain; version=0.0.4"}}, .body = metrics_text(site)};
  });
}

}  // namespace pxf
