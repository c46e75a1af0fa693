#include "formats/gguf_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "formats/gguf_types.h"
#include "formats/in_quotes.h"
#include "formats/utf8_text.h"

namespace pxf {
namespace {

constexpr std::size_t kSmallestEntry = 8 + 4 + 4 + 8;  // a tensor without a name, a scalar
constexpr std::size_t kSmallestPair = 8 + 4 + 1;
constexpr int kMaxArrayDepth = 4;
constexpr std::uint64_t kMaxArrayText = 1024;  // elements; of longer arrays the metadata gives the length
constexpr std::string_view kAlignment = "general.alignment";
constexpr std::string_view kOriginalShape = "comfy.gguf.orig_shape.";  // then the tensor's name

/// Bytes a value takes; of texts and arrays, the least.
constexpr std::array<std::size_t, kGgufValues> kSizes = {1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8};

/// Throws Failure for whatever it refuses.
class HeaderReader {
 public:
  explicit HeaderReader(Bytes file) : file_(file) {}

  GgufHeader run() {
    read_version();
    const std::uint64_t tensors = count(kSmallestEntry, "tensors", 8);  // the other count stands between
    const std::uint64_t pairs = count(kSmallestPair, "metadata entries", 0);
    for (std::uint64_t i = 0; i < pairs; ++i) read_pair();
    for (std::uint64_t i = 0; i < tensors; ++i) read_entry();
    out_.size = at_;
    return std::move(out_);
  }

 private:
  template <class... Args>
  [[noreturn]] static void bad(fmt::format_string<Args...> pattern, Args&&... args) {
    fail(ErrorCode::bad_file, pattern, std::forward<Args>(args)...);
  }

  std::uint64_t left() const { return file_.size() - at_; }
  Bytes take(std::uint64_t size) {
    if (size > left()) {
      bad("header: needs {} bytes at byte {}, the file has {}; it is cut off: download or copy it again", size, at_,
          left());
    }
    const Bytes taken = file_.subspan(at_, size);
    at_ += size;
    return taken;
  }
  template <class T>
  T number() {
    return load_le<T>(take(sizeof(T)));
  }
  /// How many things of at least `smallest` bytes follow, after `between` other bytes.
  std::uint64_t count(std::size_t smallest, std::string_view things, std::uint64_t between) {
    const auto got = number<std::uint64_t>();
    if (left() >= between && got <= (left() - between) / smallest) return got;
    bad("header: {} {} cannot fit in the {} bytes left; the file is damaged or cut off: download or copy it again", got,
        things, left());
  }
  std::string_view text() { return as_text(take(count(1, "bytes of a text", 0))); }
  std::string name(std::string_view what) {
    const std::string_view got = text();
    if (!well_formed_utf8(got)) bad("{} {}: the name is not valid UTF-8; the file is damaged", what, in_quotes(got));
    return std::string(got);
  }

  void read_version() {
    if (file_.empty()) bad("is empty; download or copy it again");
    if (!as_text(file_).starts_with("GGUF")) bad("does not begin with \"GGUF\": is no GGUF file, or damaged");
    take(4);
    const auto version = number<std::uint32_t>();
    if (version == 2 || version == 3) return;
    if (std::uint32_t swapped = __builtin_bswap32(version); swapped == 2 || swapped == 3) {
      fail(ErrorCode::unsupported, "is big-endian; turn it with gguf_convert_endian of the Python package gguf");
    }
    fail(ErrorCode::unsupported, "is GGUF version {}, need 2 or 3; get a newer file", version);
  }

  // Metadata.

  void read_pair() {
    const std::string key = name("metadata");
    const auto kind = number<std::uint32_t>();
    if (key == kAlignment) {
      read_alignment(kind);
    } else if (key.starts_with(kOriginalShape) && kind == kArray) {
      read_original_shape(key.substr(kOriginalShape.size()));
    } else {
      put(key, kind == kString ? repaired_utf8(text()) : value(key, kind, 0).dump());
    }
  }
  void put(const std::string& key, std::string text) {
    if (!out_.metadata.try_emplace(key, std::move(text)).second) bad("metadata {}: given twice", in_quotes(key));
  }
  void read_alignment(std::uint32_t kind) {
    if (kind != kU32) bad("metadata {}: got type {}, need {} (a number of 32 bits)", kAlignment, kind, +kU32);
    out_.alignment = number<std::uint32_t>();
    if (!std::has_single_bit(out_.alignment)) {
      bad("metadata {}: got {}, need a power of two", kAlignment, out_.alignment);
    }
    put(std::string(kAlignment), fmt::to_string(out_.alignment));
  }
  void read_original_shape(const std::string& tensor) {
    const nlohmann::json extents = value(tensor, kArray, 0);
    if (extents.size() > Shape::kMaxRank) {
      bad("tensor {}: its original shape has more than {} dimensions", in_quotes(tensor), Shape::kMaxRank);
    }
    std::vector<std::uint64_t> shape;
    for (const auto& extent : extents) {
      if (!extent.is_number_integer() || extent < 0) {
        bad("tensor {}: its original shape must be whole numbers from 0", in_quotes(tensor));
      }
      shape.push_back(extent.get<std::uint64_t>());
    }
    original_shapes_.insert_or_assign(tensor, std::move(shape));
  }

  /// One value, an array as a list.
  nlohmann::json value(const std::string& key, std::uint32_t kind, int depth) {
    switch (kind) {
      case kU8: return number<std::uint8_t>();
      case kI8: return number<std::int8_t>();
      case kU16: return number<std::uint16_t>();
      case kI16: return number<std::int16_t>();
      case kU32: return number<std::uint32_t>();
      case kI32: return number<std::int32_t>();
      case kF32: return number<float>();
      case kBool: return number<std::uint8_t>() != 0;
      case kString: return repaired_utf8(text());
      case kArray: return array(key, depth + 1);
      case kU64: return number<std::uint64_t>();
      case kI64: return number<std::int64_t>();
      case kF64: return number<double>();
      default: bad("metadata {}: type {} is unknown; the file is damaged", in_quotes(key), kind);
    }
  }
  nlohmann::json array(const std::string& key, int depth) {
    if (depth > kMaxArrayDepth) bad("metadata {}: arrays nested more than {} deep", in_quotes(key), kMaxArrayDepth);
    const auto kind = number<std::uint32_t>();
    if (kind >= kGgufValues) bad("metadata {}: type {} is unknown; the file is damaged", in_quotes(key), kind);
    const std::uint64_t length = count(kSizes[kind], "values of an array", 0);
    nlohmann::json out = nlohmann::json::array();
    for (std::uint64_t i = 0; i < length; ++i) {
      nlohmann::json element = value(key, kind, depth);
      if (length <= kMaxArrayText) out.push_back(std::move(element));
    }
    if (length > kMaxArrayText) return fmt::format("{} values", length);
    return out;
  }

  // Tensors.

  void read_entry() {
    const std::string tensor = name("tensor");
    const std::uint64_t rank = count32(tensor);
    std::vector<std::uint64_t> extents(rank);
    for (auto at = extents.rbegin(); at != extents.rend(); ++at) *at = number<std::uint64_t>();
    const DType dtype = read_type(tensor);
    const std::uint64_t row = rank == 0 ? 1 : extents.back();
    if (row % block_elements(dtype) != 0) {
      bad("tensor {}: shape: rows of {} elements are no whole blocks of {} as {}; the file is damaged",
          in_quotes(tensor), row, block_elements(dtype), name_of(dtype));
    }
    Shape shape = shape_of(tensor, extents);
    if (const auto original = original_shapes_.find(tensor); original != original_shapes_.end()) {
      const Shape noted = shape_of(tensor, original->second);
      if (noted.numel() != shape.numel()) {
        bad("tensor {}: shape: {} cannot be the original of {}", in_quotes(tensor), noted.text(), shape.text());
      }
      shape = noted;
    }
    if (!bytes_of(dtype, shape.numel())) {
      bad("tensor {}: shape {} has more bytes than can be counted", in_quotes(tensor), shape.text());
    }
    out_.entries.push_back({{tensor, dtype, shape}, number<std::uint64_t>()});
  }
  std::uint64_t count32(const std::string& tensor) {
    const auto rank = number<std::uint32_t>();
    if (rank > Shape::kMaxRank) {
      bad("tensor {}: shape: got {} dimensions, at most {} are possible; the file is damaged", in_quotes(tensor), rank,
          Shape::kMaxRank);
    }
    return rank;
  }
  DType read_type(const std::string& tensor) {
    const auto type = number<std::uint32_t>();
    if (const auto dtype = dtype_of_ggml(type)) return *dtype;
    fail(ErrorCode::unsupported, "tensor {}: type {} is not known here; convert the file to F16 or Q8_0",
         in_quotes(tensor), type);
  }
  static Shape shape_of(const std::string& tensor, const std::vector<std::uint64_t>& extents) {
    std::vector<std::int64_t> whole;
    for (const std::uint64_t extent : extents) {
      if (extent > std::numeric_limits<std::int64_t>::max()) {
        bad("tensor {}: shape: got {}, need whole numbers to 2^63-1", in_quotes(tensor), extent);
      }
      whole.push_back(static_cast<std::int64_t>(extent));
    }
    auto shape = catch_errors([&] { return Shape(std::span(whole)); });
    if (!shape) bad("tensor {}: {}", in_quotes(tensor), shape.error().message);
    return shape.value();
  }

  Bytes file_;
  std::size_t at_ = 0;
  GgufHeader out_;
  std::map<std::string, std::vector<std::uint64_t>> original_shapes_;
};

}  // namespace

Result<GgufHeader> parse_gguf_header(Bytes file) {
  return catch_errors([&] { return HeaderReader(file).run(); });
}

}  // namespace pxf
