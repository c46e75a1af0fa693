// What Library::choose gives, as JSON.
#pragma once

#include "json/json.h"
#include "pixelforge/choose.h"

namespace pxf {

/// `most` candidates, the best first, with the parts of their scores.
Json to_json(const Choice& choice, std::size_t most = 10);
Json to_json(const std::vector<GoodFor>& good_for);

}  // namespace pxf
