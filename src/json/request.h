// A request as JSON, in the words of docs/api.md: how jobs come in, are kept, and are shown again.
#pragma once

#include <optional>
#include <string>

#include "json/json.h"
#include "pixelforge/error.h"
#include "pixelforge/picture_file.h"
#include "pixelforge/request.h"

namespace pxf {

/// A Request and what stands beside it. Pictures are only named: whoever draws looks them up.
struct JobRequest {
  Request request = {};
  std::string checkpoint = "auto";  // chosen for the prompt
  bool auto_loras = false;          // also the LoRAs that the prompt asks for; where the checkpoint is chosen
  std::string vae = {};
  std::string init = {}, mask = {};  // "data:...", base64, or the id of a picture; empty: none
  Encoding encoding = {};
  bool preview = true;
};

/// Of a JSON object. Errors: invalid_argument, with the field's name as the context: one that is unknown, of another
/// type, or out of its type's range. Whether the values make sense together is planned later.
Result<JobRequest> read_job_request(const Json& json);

/// What differs from a request that says nothing but its prompt; read_job_request gives it back.
Json to_json(const JobRequest& job);

/// What a picture's metadata say; its "request" fits read_job_request.
Json to_json(const PictureRecipe& recipe);

}  // namespace pxf
