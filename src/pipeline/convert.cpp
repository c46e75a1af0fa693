#include "pipeline/convert.h"

#include <utility>

#include "base/error.h"
#include "pipeline/tensor_stream.h"

namespace pxf {

Conversion::Conversion(const Catalog& file, std::filesystem::path out, const ConvertOptions& options)
    : file_(file), out_(std::move(out)), plan_(plan_conversion(file, out_, options)) {}

Result<Converted> Conversion::run(ThreadPool& threads, const OnFileProgress& on_progress, const CancelToken* cancel) {
  const TensorSource& source = file_.source();
  const auto origin = [&](const TensorInfo& to) {
    const TensorInfo* from = source.find(plan_.from.find(to.name)->second);
    return TensorOrigin{.source = &source, .info = from, .bytes = from->byte_count()};
  };
  const auto written = write_stream({out_, plan_.format, std::move(plan_.tensors), plan_.metadata, origin}, threads,
                                    on_progress, cancel);
  if (!written) return written.error();
  Converted done = plan_.counts;
  done.bytes_after = written.value().bytes;
  done.seconds = written.value().seconds;
  return done;
}

}  // namespace pxf
