// Which function answers which address, and how errors look.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"
#include "pixelforge/error.h"
#include "server/http.h"
#include "service/allowances.h"

namespace pxf {

/// A request with what its address said: of "/v1/jobs/{id}", call.at("id").
struct Call {
  HttpRequest request;
  std::map<std::string, std::string> parts = {};
  const std::string& at(const std::string& name) const { return parts.at(name); }
};

/// An answer other than the usual; thrown by routes.
class HttpProblem : public std::exception {
 public:
  HttpProblem(int answer, std::string what_kind, std::string words, std::string at_field = {})
      : status(answer), code(std::move(what_kind)), detail(std::move(words)), field(std::move(at_field)) {}
  const char* what() const noexcept override { return detail.c_str(); }

  int status;
  std::string code, detail, field;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

void add_rate_limit(const AllowanceState& state, std::vector<std::pair<std::string, std::string>>& headers);

/// Of the exception now being handled; call only inside a catch block.
HttpProblem current_problem();

/// How an API words its errors.
using ProblemWriter = HttpResponse (*)(const HttpProblem& problem);

/// RFC 9457, which all but the foreign APIs use.
HttpResponse problem_json(const HttpProblem& problem);

HttpResponse json_response(const Json& json, int status = 200);

/// The body as JSON. Throws HttpProblem: 415 for another type, 400 for what is no JSON or nested without end.
Json json_body(const HttpRequest& request);
/// Throws HttpProblem 422 for what is no object, and for a field of it that is none of these.
void check_fields(const Json& body, std::initializer_list<std::string_view> known);

class Router {
 public:
  using Answer = std::function<HttpResponse(const Call& call)>;
  using LateAnswer = std::function<void(const Call& call, const HttpReply& reply)>;

  /// A part in braces stands for one part of a path, "{name...}" at the end for all the rest.
  void add(std::string method, std::string_view pattern, Answer answer, ProblemWriter problems = problem_json);
  /// For what answers later, or goes on answering.
  void add_late(std::string method, std::string_view pattern, LateAnswer answer, ProblemWriter problems = problem_json);

  void operator()(HttpRequest request, const HttpReply& reply) const;

  struct Address {
    std::string method, pattern;
  };
  /// In the order in which they were added.
  std::vector<Address> routes() const;

 private:
  struct Route {
    Address address;
    std::vector<std::string> parts;
    LateAnswer answer;
    ProblemWriter problems;
  };
  std::vector<Route> routes_;
};

}  // namespace pxf
