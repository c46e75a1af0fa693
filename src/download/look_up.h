// From what people name to the file that is fetched, by asking the site that has it.
#pragma once

#include <string>

#include "download/download.h"
#include "download/source.h"

namespace pxf {

struct FoundModel {
  Wanted wanted;
  std::string name;           // of the model, without a file's ending
  std::string page;           // an address for people, without secrets
  std::string about;          // JSON, as the site gave it; empty from elsewhere
  bool from_civitai = false;  // whose `about` that is
};

/// Errors: io, not_found, cancelled, bad_file; invalid_argument where several files may be meant, with their names.
Result<FoundModel> look_up(const ModelSource& source, const Sites& sites, const Asking& asking);

}  // namespace pxf
