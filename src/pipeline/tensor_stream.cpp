#include "pipeline/tensor_stream.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <future>
#include <limits>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/stopwatch.h"
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

/// How a tensor is cut. A computed one is cut between rows where they are short: what its rows share is then computed
/// once for each.
struct Cut {
  std::int64_t slice = kSliceElements, task = kTaskElements;
};

Cut cut_of(const TensorInfo& to, const TensorOrigin& from) {
  const std::int64_t rows = to.shape.rank() < 2 ? 1 : to.shape.dim(0);
  const std::int64_t row = to.shape.numel() / std::max<std::int64_t>(1, rows);
  if (!from.computed.defined() || rows < 2 || row == 0 || row > kSliceElements) return {};
  const std::int64_t task = std::max<std::int64_t>(1, kTaskElements / row) * row;
  return {std::max<std::int64_t>(1, kSliceElements / task) * task, task};
}

void check_quantisable(std::span<const float> values, const std::string& name) {
  if (std::ranges::all_of(values, [](float v) { return std::isfinite(v); })) return;
  fail(ErrorCode::bad_file,
       "tensor {}: holds NaN or infinity, which no quantised type can say; convert to f16, or get a sound file",
       in_quotes(name));
}

/// What f16 rounds to infinity begins half a step above its largest number.
float bound_of(DType type) { return type == DType::f16 ? 65520.0f : std::numeric_limits<float>::infinity(); }

void check_computed(std::span<const float> values, const TensorInfo& to) {
  const float bound = bound_of(to.dtype);
  if (std::ranges::all_of(values, [bound](float v) { return std::abs(v) < bound; })) return;
  fail(ErrorCode::bad_file,
       "tensor {}: what is computed holds NaN, infinity or more than {} can say; try smaller weights, --type f32, or "
       "look for the damaged file with pixelforge diff",
       in_quotes(to.name), name_of(to.dtype));
}

/// Integers into the wider ones of GGUF.
void widen_integers(Bytes from, DType type, std::span<std::byte> to, std::size_t width) {
  const std::size_t narrow = size_of(type);
  std::ranges::fill(to, std::byte{0});  // those that are widened have no sign
  for (std::size_t i = 0; i * narrow < from.size(); ++i) {
    std::memcpy(to.data() + i * width, from.data() + i * narrow, narrow);
  }
}

/// One thread's piece, as f32.
void read_piece(const TensorOrigin& from, Bytes all, const TensorInfo& to, Part part, std::span<float> out) {
  if (from.computed.defined()) {
    from.computed.read_f32(part.begin, out);
    return check_computed(out, to);
  }
  widen_to_f32(all, from.info->dtype, part.begin, out);
  if (is_block_type(to.dtype)) check_quantisable(out, from.info->name);
}

void convert_piece(const TensorOrigin& from, Bytes all, const TensorInfo& to, Part part, std::span<std::byte> out) {
  if (!from.computed.defined() && !is_float(from.info->dtype)) {
    const DType type = from.info->dtype;
    return widen_integers(bytes_of_part(all, type, part), type, out, size_of(to.dtype));
  }
  thread_local std::vector<float> values;
  values.resize(static_cast<std::size_t>(part.count));
  read_piece(from, all, to, part, values);
  narrow_from_f32(values, to.dtype, out);
}

class Runner {
 public:
  Runner(TensorFileWriter& writer, ThreadPool& threads) : writer_(writer), threads_(threads) {}
  ~Runner() {
    if (writing_.valid()) writing_.wait();
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// Elements of `from` as those of `to`. Returns while they are being written: the next slice is converted meanwhile.
  void slice(const TensorOrigin& from, const TensorInfo& to, const Cut& cut, Part part) {
    const Bytes all = from.computed.defined() ? Bytes() : from.source->bytes(from.info->name);
    if (!from.computed.defined() && from.info->dtype == to.dtype) {
      settle();
      writing_ = std::async(std::launch::async, [this, from, bytes = bytes_of_part(all, to.dtype, part)] {
        Status written = writer_.append(bytes);
        from.source->release_pages(from.info->name);
        return written;
      });
      return;
    }
    std::vector<std::byte>& out = buffers_[turn_ ^= 1];
    convert(from, all, to, cut, part, out);
    if (!from.computed.defined()) from.source->release_pages(from.info->name);
    settle();
    writing_ = std::async(std::launch::async, [this, &out] { return writer_.append(out); });
  }
  void settle() {
    if (writing_.valid()) value_or_throw(writing_.get());
  }

 private:
  void convert(const TensorOrigin& from, Bytes all, const TensorInfo& to, const Cut& cut, Part part,
               std::vector<std::byte>& out) {
    out.resize(*bytes_of(to.dtype, part.count));
    const std::int64_t tasks = (part.count + cut.task - 1) / cut.task;
    threads_.parallel_for(tasks, [&](std::int64_t task) {
      const std::int64_t first = task * cut.task;
      const Part piece{part.begin + first, std::min(cut.task, part.count - first)};
      convert_piece(from, all, to, piece,
                    std::span(out).subspan(*bytes_of(to.dtype, first), *bytes_of(to.dtype, piece.count)));
    });
  }

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

Result<StreamedFile> write_stream(TensorStream stream, ThreadPool& threads, const OnFileProgress& on_progress,
                                  const CancelToken* cancel) {
  check_place(stream.out);
  auto created = TensorFileWriter::create(stream.out, stream.format, std::move(stream.tensors), stream.metadata);
  if (!created) return std::move(created).error();
  TensorFileWriter& writer = created.value();
  check_room(stream.out, writer.tensors());

  const Stopwatch clock;
  FileProgress progress;
  for (const TensorInfo& to : writer.tensors()) progress.total += stream.origin(to).bytes;
  const auto tell = [&](std::uint64_t done) {
    progress.done = done;
    progress.seconds = clock.seconds();
    const bool stop = on_progress && on_progress(progress) == Go::stop;
    if (stop || (cancel != nullptr && cancel->requested())) fail(ErrorCode::cancelled, "cancelled");
  };
  Runner runner(writer, threads);
  std::uint64_t before = 0;  // bytes of the tensors that are done
  for (const TensorInfo& to : writer.tensors()) {
    const TensorOrigin from = stream.origin(to);
    from.computed.prepare();
    const Cut cut = cut_of(to, from);
    const std::int64_t all = to.shape.numel();
    for (Part part{0, 0}; part.begin < all; part.begin += part.count) {
      part.count = std::min(cut.slice, all - part.begin);
      runner.slice(from, to, cut, part);
      const double share = static_cast<double>(part.begin + part.count) / static_cast<double>(all);
      tell(before + static_cast<std::uint64_t>(share * static_cast<double>(from.bytes)));
    }
    from.computed.release();
    before += from.bytes;
  }
  runner.settle();
  tell(progress.total);
  value_or_throw(writer.finish());
  return StreamedFile{writer.bytes_written(), clock.seconds()};
}

}  // namespace pxf
