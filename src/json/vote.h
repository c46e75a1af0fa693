// Comparisons and votes (pixelforge/vote.h) as JSON.
#pragma once

#include "json/json.h"
#include "pixelforge/vote.h"

namespace pxf {

/// What was voted for is told with it, which the comparison itself does not.
Json to_json(const VoteTold& told);
Json to_json(const Recommended::AtLevel& settings);

}  // namespace pxf
