// OpenAI's /v1/images/generations and /v1/images/edits as requests of ours.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "json/request.h"
#include "server/client_fields.h"
#include "server/router.h"
#include "service/service.h"

namespace pxf {

struct OpenAiRequest {
  JobRequest job;
  bool is_edit = false;
  bool as_url = false;
  bool stream = false;
  int partial_images = 0;
  std::string quality;
};

/// What a form or a body says; files by the name of their field.
struct OpenAiBody {
  ClientFields fields;
  std::map<std::string, std::vector<std::vector<std::byte>>> files = {};
};

/// A form with files, or JSON with pictures in base64. Throws HttpProblem.
OpenAiBody read_openai_body(const HttpRequest& request);

/// Throws HttpProblem.
OpenAiRequest read_openai_request(Service& service, const OpenAiBody& body, bool is_edit);

/// {"error": {message, type, param, code}}.
Json openai_error(const HttpProblem& problem);
HttpResponse openai_problem(const HttpProblem& problem);

}  // namespace pxf
