#include "pipeline/convert.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <future>
#include <utility>
#include <vector>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "tensor/narrow.h"
#include "tensor/widen.h"

namespace pxf {
namespace {

// Whole blocks of every type. A slice is what is held at a time, a task what one thread takes of it.
constexpr std::int64_t kSliceElements = std::int64_t{1} << 22;
constexpr std::int64_t kTaskElements = std::int64_t{1} << 14;

struct Part {
  std::int64_t begin, count;  // elements
};

Bytes bytes_of_part(Bytes all, DType dtype, Part part) {
  return all.subspan(*bytes_of(dtype, part.begin), *bytes_of(dtype, part.count));
}

void check_finite(std::span<const float> values, const TensorInfo& from) {
  if (std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) return;
  fail(ErrorCode::bad_file,
       "tensor {}: holds NaN or infinity, which no quantised type can say; convert to f16, or get a sound file",
       in_quotes(from.name));
}

/// Integers into the wider ones of GGUF.
void widen_integers(Bytes from, DType type, std::span<std::byte> to, std::size_t width) {
  const std::size_t narrow = size_of(type);
  std::ranges::fill(to, std::byte{0});  // those that are widened have no sign
  for (std::size_t i = 0; i * narrow < from.size(); ++i) {
    std::memcpy(to.data() + i * width, from.data() + i * narrow, narrow);
  }
}

/// One thread's piece.
void convert_piece(Bytes all, const TensorInfo& from, DType to, Part part, std::span<std::byte> out) {
  if (!is_float(from.dtype)) {
    return widen_integers(bytes_of_part(all, from.dtype, part), from.dtype, out, size_of(to));
  }
  thread_local std::vector<float> values(kTaskElements);
  const std::span<float> wide = std::span(values).first(static_cast<std::size_t>(part.count));
  widen_to_f32(all, from.dtype, part.begin, wide);
  if (is_block_type(to)) check_finite(wide, from);
  narrow_from_f32(wide, to, out);
}

class Runner {
 public:
  Runner(const TensorSource& source, TensorFileWriter& writer, ThreadPool& threads)
      : source_(source), writer_(writer), threads_(threads) {}
  ~Runner() {
    if (writing_.valid()) writing_.wait();
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Elements of `from` as those of `to`. Returns while they are being written: the next slice is converted meanwhile.
  void slice(const TensorInfo& from, DType to, Part part) {
    const Bytes all = source_.bytes(from.name);
    if (from.dtype == to) {
      settle();
      writing_ = std::async(std::launch::async, [this, &from, bytes = bytes_of_part(all, to, part)] {
        Status written = writer_.append(bytes);
        source_.release_pages(from.name);
        return written;
      });
      return;
    }
    std::vector<std::byte>& out = buffers_[turn_ ^= 1];
    convert(all, from, to, part, out);
    source_.release_pages(from.name);
    settle();
    writing_ = std::async(std::launch::async, [this, &out] { return writer_.append(out); });
  }
  void settle() {
    if (writing_.valid()) value_or_throw(writing_.get());
  }

 private:
  void convert(Bytes all, const TensorInfo& from, DType to, Part part, std::vector<std::byte>& out) {
    out.resize(*bytes_of(to, part.count));
    const std::int64_t tasks = (part.count + kTaskElements - 1) / kTaskElements;
    threads_.parallel_for(tasks, [&](std::int64_t task) {
      const std::int64_t first = task * kTaskElements;
      const Part piece{part.begin + first, std::min(kTaskElements, part.count - first)};
      convert_piece(all, from, to, piece, std::span(out).subspan(*bytes_of(to, first), *bytes_of(to, piece.count)));
    });
  }

  const TensorSource& source_;
  TensorFileWriter& writer_;
  ThreadPool& threads_;
  std::array<std::vector<std::byte>, 2> buffers_;
  std::size_t turn_ = 0;
  std::future<Status> writing_;
};

void check_place(const std::filesystem::path& out) {
  std::error_code ignored;
  require(!std::filesystem::exists(out, ignored) || std::filesystem::is_regular_file(out, ignored),
          "{}: is no regular file; choose another name", out.string());
}

/// Told before a weight is read; only once the file could be begun, so that a place that takes none is called that.
void check_room(const std::filesystem::path& out, const std::vector<TensorInfo>& tensors) {
  std::uint64_t need = 0;
  for (const TensorInfo& tensor : tensors) need += tensor.byte_count();
  std::error_code unknown;
  const auto space = std::filesystem::space(out.has_parent_path() ? out.parent_path() : ".", unknown);
  if (unknown || space.capacity == 0 || space.available >= need) return;
  throw Failure(Error{
      ErrorCode::no_space,
      fmt::format("disk: got {} bytes free, need {}; free some space or choose another place", space.available, need),
      out.string()});
}

}  // namespace

Conversion::Conversion(const Catalog& file, std::filesystem::path out, const ConvertOptions& options)
    : file_(file), out_(std::move(out)), plan_(plan_conversion(file, out_, options)) {}

Result<Converted> Conversion::run(ThreadPool& threads, const OnConvert& on_progress, const CancelToken* cancel) {
  check_place(out_);
  auto created = TensorFileWriter::create(out_, plan_.format, std::move(plan_.tensors), plan_.metadata);
  if (!created) return std::move(created).error();
  TensorFileWriter& writer = created.value();
  check_room(out_, writer.tensors());
  const TensorSource& source = file_.source();
  const auto from_of = [&](const TensorInfo& to) -> const TensorInfo& {
    return *source.find(plan_.from.find(to.name)->second);
  };

  ConvertProgress progress;
  for (const TensorInfo& to : writer.tensors()) progress.total += from_of(to).byte_count();
  const auto begin = std::chrono::steady_clock::now();
  const auto tell = [&] {
    progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const bool stop = on_progress && on_progress(progress) == Go::stop;
    if (stop || (cancel != nullptr && cancel->requested())) fail(ErrorCode::cancelled, "cancelled");
  };
  {
    Runner runner(source, writer, threads);
    for (const TensorInfo& to : writer.tensors()) {
      const TensorInfo& from = from_of(to);
      for (Part part{0, 0}; part.begin < to.shape.numel(); part.begin += part.count) {
        part.count = std::min(kSliceElements, to.shape.numel() - part.begin);
        runner.slice(from, to.dtype, part);
        progress.done += *bytes_of(from.dtype, part.count);
        tell();
      }
    }
    runner.settle();
  }
  tell();
  value_or_throw(writer.finish());
  Converted done = plan_.counts;
  done.bytes_after = writer.bytes_written();
  done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return done;
}

}  // namespace pxf
