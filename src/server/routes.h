// The addresses of the server, a file an area; docs/api.md says what each does.
#pragma once

#include <string>
#include <string_view>

#include "server/http_server.h"
#include "server/job_waits.h"
#include "server/router.h"
#include "service/service.h"

namespace pxf {

/// What a route may use. All of it outlives the server.
struct Site {
  Service& service;
  std::function<HttpCounts()> counts;
  JobWaits& waits;
};

void add_job_routes(Router& router, Site& site);
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

/// What describes our own API.
std::string_view openapi_text();
HttpResponse openapi(const HttpRequest& request);

/// Bytes, as a whole or the part that the request asks for, or 304. `name`: changes when they do.
HttpResponse file_response(const HttpRequest& request, const HttpBody& body, const std::string& type,
                           const std::string& name, const std::string& cache_control);

}  // namespace pxf
