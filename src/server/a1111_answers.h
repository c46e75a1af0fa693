// What A1111's clients are told: pictures with their "info", progress, errors, and lists of what there is.
#pragma once

#include <string>
#include <vector>

#include "server/a1111_request.h"
#include "server/router.h"
#include "service/service.h"

namespace pxf {

/// {error, detail, body, errors}.
HttpResponse a1111_problem(const HttpProblem& problem);

/// Of a job that is done, or was interrupted: those pictures that are ready. `echo`: the client's own request.
/// Throws HttpProblem for one that failed.
HttpResponse a1111_pictures(Service& service, const Job& job, const A1111Request& asked, Json echo);

/// Of the job that is being drawn, if it is this owner's.
Json a1111_progress(Service& service, const std::string& owner, bool with_picture);

Json a1111_options(Service& service, Json options);
Json a1111_checkpoints(Service& service);
Json a1111_vaes(Service& service);
Json a1111_modules(Service& service);
Json a1111_loras(Service& service);
Json a1111_embeddings(Service& service);
Json a1111_samplers();
Json a1111_schedulers();
Json a1111_upscalers();
Json a1111_latent_modes();
Json a1111_styles(Service& service);
Json a1111_memory(Service& service);
Json a1111_flags();

/// The answers of png-info and extra-single-image. Throws HttpProblem.
Json a1111_png_info(const std::string& picture);
Json a1111_extra(const Json& body);
Json a1111_extras(const Json& body);

}  // namespace pxf
