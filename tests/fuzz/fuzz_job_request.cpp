// Bodies of POST /v1/jobs: whatever is taken for a request is kept as JSON that gives the same request back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "json/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const pxf::Json json = pxf::Json::parse(text, nullptr, false);
  if (json.is_discarded()) return 0;
  const auto job = pxf::read_job_request(json);
  if (!job) {
    if (job.error().message.empty()) std::abort();
    return 0;
  }
  const pxf::Json kept = pxf::to_json(job.value());
  const auto again = pxf::read_job_request(pxf::Json::parse(pxf::dump(kept)));
  if (!again || pxf::to_json(again.value()) != kept) std::abort();
  return 0;
}
