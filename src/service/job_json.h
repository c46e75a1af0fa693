// What clients are told of jobs and pictures: docs/api.md.
#pragma once

#include <optional>
#include <vector>

#include "json/json.h"
#include "service/job.h"
#include "service/worker.h"

namespace pxf {

Json plan_json(const Plan& plan);
Json progress_json(const Progress& progress);
/// The same with its preview.
Json step_json(const LiveJob& live);
Json image_json(const StoredPicture& picture);
/// `live`: of the job that is being drawn; `position`: of one that waits.
Json job_json(const Job& job, const std::vector<StoredPicture>& pictures, std::int64_t position,
              const std::optional<LiveJob>& live);

}  // namespace pxf
