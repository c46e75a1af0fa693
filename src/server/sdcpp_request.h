// Requests in the words of stable-diffusion.cpp's server.
#pragma once

#include <string>
#include <vector>

#include "json/request.h"
#include "server/client_fields.h"
#include "service/service.h"

namespace pxf {

/// The fields of /sdcpp/v1/img_gen over what the request says already; those that are not followed go into `notes`.
/// Throws HttpProblem 422.
void read_sdcpp_fields(Service& service, const ClientFields& fields, JobRequest& job, std::vector<std::string>& notes);

/// "lora": [{"path", "multiplier"}].
void read_sdcpp_loras(Service& service, const ClientFields& fields, Request& request);

/// Cuts <sd_cpp_extra_args>{...}</sd_cpp_extra_args> out of the prompt, and follows what stands in it.
void apply_sdcpp_extra_args(Service& service, JobRequest& job, std::vector<std::string>& notes);

}  // namespace pxf
