#include "server/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/error.h"
#include "service/ids.h"
#include "service/queue.h"

namespace pxf {
namespace {

constexpr int kDeepest = 64;  // objects and lists of a body inside one another

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts, std::size_t from) {
  return fmt::format("{}", fmt::join(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.end(), "/"));
}

bool is_for_the_rest(const std::vector<std::string>& pattern) { return pattern.back().ends_with("...}"); }

std::optional<std::map<std::string, std::string>> match(const std::vector<std::string>& pattern,
                                                        const std::vector<std::string>& path) {
  std::map<std::string, std::string> named;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string& part = pattern[i];
    if (part.ends_with("...}")) {
      named[part.substr(1, part.size() - 5)] = i < path.size() ? joined(path, i) : "";
      return named;
    }
    if (i >= path.size()) return std::nullopt;
    if (part.starts_with('{')) {
      if (path[i].empty()) return std::nullopt;
      named[part.substr(1, part.size() - 2)] = path[i];
    } else if (part != path[i]) {
      return std::nullopt;
    }
  }
  if (pattern.size() != path.size()) return std::nullopt;
  return named;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::bad_file:
    case ErrorCode::unsupported: return 422;
    case ErrorCode::not_found: return 404;
    case ErrorCode::out_of_memory: return 503;
    case ErrorCode::no_space: return 507;
    case ErrorCode::cancelled: return 409;
    case ErrorCode::io:
    case ErrorCode::internal: return 500;
  }
  return 500;
}

// Names that the context of an error may be: a field of a request. Anything else is a file or a model.
bool is_field(std::string_view context) {
  return !context.empty() && context.find_first_of("/ ") == std::string_view::npos && context.size() < 60;
}

HttpProblem problem_of(const Error& error) {
  HttpProblem problem(status_of(error.code), to_string(error.code), error.text());
  if (error.code == ErrorCode::invalid_argument && is_field(error.context)) {
    problem.field = error.context;
  }
  return problem;
}

HttpProblem problem_of(const LimitReached& limit) {
  if (limit.until == LimitReached::Until::for_ever) return {403, "not_allowed", limit.what()};
  HttpProblem problem(429, "limit_reached", limit.what());
  std::int64_t seconds = 10;
  if (limit.until == LimitReached::Until::tomorrow) {
    seconds = std::max<std::int64_t>(1, (limit.state.resets - now_ms()) / 1000);
    add_rate_limit(limit.state, problem.headers);
  }
  problem.headers.emplace_back("Retry-After", std::to_string(seconds));
  return problem;
}

}  // namespace

// draft-ietf-httpapi-ratelimit-headers, as clients read them today.
void add_rate_limit(const AllowanceState& state, std::vector<std::pair<std::string, std::string>>& headers) {
  headers.emplace_back("RateLimit-Limit", std::to_string(state.limit));
  headers.emplace_back("RateLimit-Remaining", std::to_string(state.left()));
  headers.emplace_back("RateLimit-Reset", std::to_string(std::max<std::int64_t>(0, (state.resets - now_ms()) / 1000)));
}

HttpProblem current_problem() {
  try {
    throw;
  } catch (const HttpProblem& problem) {
    return problem;
  } catch (const LimitReached& limit) {
    return problem_of(limit);
  } catch (const QueueFull&) {
    HttpProblem problem(503, "queue_full", "the queue is full; try again in a while");
    problem.headers.emplace_back("Retry-After", "10");
    return problem;
  } catch (...) {
    return problem_of(current_error());
  }
}

HttpResponse problem_json(const HttpProblem& problem) {
  Json json = {{"type", "about:blank"},
               {"title", reason_of(problem.status)},
               {"status", problem.status},
               {"code", problem.code},
               {"detail", problem.detail}};
  if (!problem.field.empty()) json["field"] = problem.field;
  HttpResponse response = json_response(json, problem.status);
  response.headers[0].second = "application/problem+json";
  response.headers.insert(response.headers.end(), problem.headers.begin(), problem.headers.end());
  return response;
}

HttpResponse json_response(const Json& json, int status) {
  return {status, {{"Content-Type", "application/json"}}, dump(json)};
}

Json json_body(const HttpRequest& request) {
  const std::string_view type = request.header("Content-Type");
  // curl -d says that it sends a form, whatever it sends.
  const bool is_form = type.starts_with("application/x-www-form-urlencoded");
  if (!type.empty() && !is_form && type.find("json") == std::string_view::npos) {
    throw HttpProblem(415, "invalid_argument", fmt::format("the body is {}, need application/json", type));
  }
  bool too_deep = false;
  const auto shallow = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kDeepest;
    return !too_deep;
  };
  Json json = Json::parse(request.body, shallow, false);
  if (too_deep || json.is_discarded()) {
    throw HttpProblem(400, "invalid_argument", too_deep ? "the body is nested too deep" : "the body is no JSON");
  }
  return json;
}

void check_fields(const Json& body, std::initializer_list<std::string_view> known) {
  if (!body.is_object()) throw HttpProblem(422, "invalid_argument", "the body: need an object");
  for (const auto& [name, value] : body.items()) {
    if (std::ranges::find(known, name) == known.end())
      throw HttpProblem(422, "invalid_argument", "is no field of this request", name);
  }
}

void Router::add(std::string method, std::string_view pattern, Answer answer, ProblemWriter problems) {
  add_late(
      std::move(method), pattern,
      [answer = std::move(answer)](const Call& call, const HttpReply& reply) { reply.send(answer(call)); }, problems);
}

void Router::add_late(std::string method, std::string_view pattern, LateAnswer answer, ProblemWriter problems) {
  routes_.push_back({{std::move(method), std::string(pattern)}, parts_of(pattern), std::move(answer), problems});
}

std::vector<Router::Address> Router::routes() const {
  std::vector<Address> all;
  for (const Route& route : routes_) all.push_back(route.address);
  return all;
}

void Router::operator()(HttpRequest request, const HttpReply& reply) const {
  const std::vector<std::string> path = parts_of(request.path);
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::set<std::string> allowed;
  ProblemWriter problems = problem_json;
  for (const Route& route : routes_) {
    auto parts = match(route.parts, path);
    if (!parts) continue;
    if (is_for_the_rest(route.parts) && (!allowed.empty() || route.address.method != method)) break;
    allowed.insert(route.address.method);
    problems = route.problems;
    if (route.address.method != method) continue;
    try {
      route.answer({std::move(request), std::move(*parts)}, reply);
    } catch (...) {
      reply.send(route.problems(current_problem()));
    }
    return;
  }
  if (allowed.empty()) return reply.send(problems({404, "not_found", fmt::format("there is no {}", request.path)}));
  if (allowed.contains("GET")) allowed.insert("HEAD");
  HttpProblem problem(405, "invalid_argument", fmt::format("{} does not take {}", request.path, request.method));
  problem.headers.emplace_back("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
  reply.send(problems(problem));
}

}  // namespace pxf
