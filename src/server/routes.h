// The addresses of the server, a file an area; docs/api.md says what each does.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "server/http_server.h"
#include "server/job_waits.h"
#include "server/router.h"
#include "service/service.h"
#include "service/webhooks.h"

namespace pxf {

/// How long requests took to be answered, by the part of the address that tells routes apart: "jobs", "images", "page".
class RequestTimes {
 public:
  static constexpr std::array<std::string_view, 8> kAreas = {"jobs",  "images", "models", "tasks",
                                                             "sdapi", "sdcpp",  "page",   "other"};
  void observe(std::string_view path, double seconds) { times_[area_of(path)].observe(seconds); }
  Histogram::Counts counts(std::size_t area) const { return times_[area].counts(); }

 private:
  static std::size_t area_of(std::string_view path);
  std::array<Histogram, kAreas.size()> times_;
};

/// What a route may use. All of it outlives the server.
struct Site {
  Service& service;
  std::function<HttpCounts()> counts;
  const RequestTimes& request_times;
  JobWaits& waits;
  Webhooks& webhooks;
};

void add_job_routes(Router& router, Site& site);
void add_choose_routes(Router& router, Site& site);
void add_account_routes(Router& router, Site& site);  // users and keys
void add_vote_routes(Router& router, Site& site);
void add_image_routes(Router& router, Site& site);
void add_model_routes(Router& router, Site& site);
void add_site_routes(Router& router, Site& site);  // account, status, health, glossary
void add_a1111_routes(Router& router, Site& site);
void add_openai_routes(Router& router, Site& site);
void add_sdcpp_routes(Router& router, Site& site);
void add_page_routes(Router& router);  // everything else: last

/// Who asks.
const Caller& caller_of(const HttpRequest& request);
/// Throws HttpProblem 403 for whoever is none.
void admin_or_problem(const HttpRequest& request);

/// "limit" and "cursor" of a query. Throws HttpProblem 422.
int limit_of(const HttpRequest& request);
std::string cursor_of(const HttpRequest& request);

/// Prometheus' text format 0.0.4.
std::string metrics_text(Site& site);

/// What describes our own API.
std::string_view openapi_text();
HttpResponse openapi(const HttpRequest& request);

/// Bytes, as a whole or the part that the request asks for, or 304. `name`: changes when they do.
HttpResponse file_response(const HttpRequest& request, const HttpBody& body, const std::string& type,
                           const std::string& name, const std::string& cache_control);

}  // namespace pxf
