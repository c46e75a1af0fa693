// A1111's /sdapi/v1/txt2img and img2img as requests of ours.
#pragma once

#include <string>
#include <vector>

#include "json/request.h"
#include "server/client_fields.h"
#include "service/service.h"

namespace pxf {

struct A1111Request {
  JobRequest job;
  std::vector<std::string> notes;  // what of it is not followed
  bool send_images = true, include_init_images = false;
  std::string task;  // the client's own name for it; empty: none
};

/// What the client does not say is left to the checkpoint. `options`: of A1111Settings. Throws HttpProblem.
A1111Request read_a1111_request(Service& service, const Json& options, const ClientFields& body, bool from_picture);

}  // namespace pxf
