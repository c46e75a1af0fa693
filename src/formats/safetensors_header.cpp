#include "formats/safetensors_header.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "formats/in_quotes.h"

namespace pxf {
namespace {

struct NamedType {
  std::string_view name;
  DType dtype;
};

constexpr std::array<NamedType, 15> kTypes{{{"F64", DType::f64},
                                            {"F32", DType::f32},
                                            {"F16", DType::f16},
                                            {"BF16", DType::bf16},
                                            {"F8_E4M3", DType::f8_e4m3},
                                            {"F8_E5M2", DType::f8_e5m2},
                                            {"I64", DType::i64},
                                            {"I32", DType::i32},
                                            {"I16", DType::i16},
                                            {"I8", DType::i8},
                                            {"U64", DType::u64},
                                            {"U32", DType::u32},
                                            {"U16", DType::u16},
                                            {"U8", DType::u8},
                                            {"BOOL", DType::boolean}}};

std::optional<DType> dtype_named(std::string_view name) {
  for (const NamedType& type : kTypes) {
    if (type.name == name) return type.dtype;
  }
  return std::nullopt;
}

// Takes the events of nlohmann's parser, which keeps its own stack on the heap, and walks
//   {"__metadata__": {KEY: STRING...}, NAME: {"dtype": STRING, "shape": [N...], "data_offsets": [N, N]}...}
// Fields of an entry that it does not know are skipped, as the format's own reader does.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader take_header() { return std::move(header_); }
  /// Set when a handler or the parser refused.
  Error take_error() { return std::move(error_); }

  bool null() override {
    if (where_ == Where::top && name_ == kMetadata) return begin_metadata();  // null stands for none
    return value("null");
  }
  bool boolean(bool) override { return value("a truth value"); }
  bool number_float(double, const std::string& text) override { return value("the number " + in_quotes(text)); }
  // The parser calls this for numbers with a minus sign only.
  bool number_integer(std::int64_t number) override { return value(fmt::format("the number {}", number)); }
  bool number_unsigned(std::uint64_t number) override {
    if (where_ == Where::shape) return add_extent(number);
    if (where_ == Where::offsets && offset_count_ < offsets_.size()) {
      offsets_[offset_count_++] = number;
      return true;
    }
    return value(fmt::format("the number {}", number));
  }
  bool string(std::string& text) override {
    if (where_ == Where::metadata) return add_metadata(text);
    if (where_ == Where::entry && field_ == Field::dtype) return set_dtype(text);
    return value("a string");
  }
  bool binary(nlohmann::json::binary_t&) override { return value("binary data"); }

  bool start_object(std::size_t) override {
    if (where_ == Where::outside) return go(Where::top);
    if (where_ == Where::top) return name_ == kMetadata ? begin_metadata() && go(Where::metadata) : begin_entry();
    return nested("an object");
  }
  bool key(std::string& text) override {
    if (where_ == Where::top) name_ = text;
    if (where_ == Where::metadata) metadata_key_ = text;
    if (where_ == Where::entry) return begin_field(text);
    return true;
  }
  bool end_object() override {
    switch (where_) {
      case Where::metadata: return go(Where::top);
      case Where::entry: return end_entry() && go(Where::top);
      case Where::top: return go(Where::outside);
      default: return end_nested();
    }
  }
  bool start_array(std::size_t) override {
    if (where_ == Where::entry && field_ == Field::shape) return go(Where::shape);
    if (where_ == Where::entry && field_ == Field::offsets) return go(Where::offsets);
    return nested("a list");
  }
  bool end_array() override {
    if (where_ == Where::shape) return go(Where::entry);
    if (where_ == Where::offsets) {
      return offset_count_ == 2 ? go(Where::entry)
                                : bad("{}: data_offsets: got {}, need two numbers", subject(), offset_count_);
    }
    return end_nested();
  }
  // The parser's own text holds the offending token, of any length and content: only the position is told.
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return bad("header: not valid JSON in UTF-8 at byte {}; it is damaged: download or copy it again", position);
  }

 private:
  enum class Where : std::uint8_t { outside, top, metadata, entry, shape, offsets, skipped };
  enum class Field : std::uint8_t { dtype, shape, offsets, unknown };
  static constexpr std::string_view kMetadata = "__metadata__";
  static constexpr int kMaxSkippedDepth = 64;

  bool go(Where where) {
    where_ = where;
    return true;
  }
  template <class... Args>
  bool refuse(ErrorCode code, fmt::format_string<Args...> pattern, Args&&... args) {
    error_ = make_error(code, pattern, std::forward<Args>(args)...);
    return false;
  }
  template <class... Args>
  bool bad(fmt::format_string<Args...> pattern, Args&&... args) {
    return refuse(ErrorCode::bad_file, pattern, std::forward<Args>(args)...);
  }

  /// What a message is about: the tensor or the metadata at hand.
  std::string subject() const {
    return where_ == Where::metadata || name_ == kMetadata ? "metadata" : "tensor " + in_quotes(name_);
  }

  /// A value that no rule above took: passed over in an unknown field, refused elsewhere.
  bool value(std::string_view got) {
    switch (where_) {
      case Where::skipped: return true;
      case Where::outside: return bad("header: got {}, need a JSON object", got);
      case Where::top: return bad("{}: got {}, need an object", subject(), got);
      case Where::metadata: return bad("metadata {}: got {}, need a string", in_quotes(metadata_key_), got);
      case Where::shape: return bad("{}: shape: got {}, need whole numbers from 0 to 2^63-1", subject(), got);
      case Where::offsets: return bad("{}: data_offsets: got {}, need two whole numbers from 0", subject(), got);
      case Where::entry: break;
    }
    switch (field_) {
      case Field::dtype: return bad("{}: dtype: got {}, need a string such as \"F16\"", subject(), got);
      case Field::shape: return bad("{}: shape: got {}, need a list of whole numbers", subject(), got);
      case Field::offsets: return bad("{}: data_offsets: got {}, need a list of two whole numbers", subject(), got);
      case Field::unknown: return true;
    }
    return false;
  }

  bool nested(std::string_view got) {
    const bool skip = where_ == Where::skipped || (where_ == Where::entry && field_ == Field::unknown);
    if (!skip) return value(got);
    if (++skipped_depth_ > kMaxSkippedDepth)
      return bad("{}: values nested more than {} deep", subject(), kMaxSkippedDepth);
    return go(Where::skipped);
  }
  bool end_nested() { return --skipped_depth_ == 0 ? go(Where::entry) : true; }

  bool begin_metadata() {
    return std::exchange(have_metadata_, true) ? bad("metadata: given twice in the header") : true;
  }
  bool add_metadata(std::string& text) {
    if (header_.metadata.try_emplace(metadata_key_, std::move(text)).second) return true;
    return bad("metadata {}: given twice in the header", in_quotes(metadata_key_));
  }

  bool begin_entry() {
    seen_ = {};
    dtype_ = DType::f32;
    rank_ = 0;
    offset_count_ = 0;
    return go(Where::entry);
  }
  bool begin_field(std::string_view text) {
    field_ = text == "dtype"          ? Field::dtype
             : text == "shape"        ? Field::shape
             : text == "data_offsets" ? Field::offsets
                                      : Field::unknown;
    if (field_ == Field::unknown) return true;
    if (std::exchange(seen_[static_cast<std::size_t>(field_)], true))
      return bad("{}: {} is given twice", subject(), text);
    return true;
  }
  bool set_dtype(std::string_view text) {
    const auto dtype = dtype_named(text);
    if (!dtype) {
      return refuse(ErrorCode::unsupported, "{}: dtype {} is not known here; convert the file to F32, F16 or BF16",
                    subject(), in_quotes(text));
    }
    dtype_ = *dtype;
    return true;
  }
  bool add_extent(std::uint64_t extent) {
    if (rank_ == extents_.size()) {
      return refuse(ErrorCode::unsupported, "{}: shape: more than {} dimensions", subject(), extents_.size());
    }
    if (extent > std::numeric_limits<std::int64_t>::max()) return value(fmt::format("the number {}", extent));
    extents_[rank_++] = static_cast<std::int64_t>(extent);
    return true;
  }
  bool end_entry() {
    for (const auto& [field, key] : {std::pair{Field::dtype, "dtype"}, std::pair{Field::shape, "shape"},
                                     std::pair{Field::offsets, "data_offsets"}}) {
      if (!seen_[static_cast<std::size_t>(field)]) return bad("{}: has no {}", subject(), key);
    }
    auto shape = catch_errors([&] { return Shape(std::span(extents_.data(), rank_)); });
    if (!shape) return bad("{}: {}", subject(), shape.error().message);
    header_.entries.push_back({{name_, dtype_, shape.value()}, offsets_[0], offsets_[1]});
    return true;
  }

  SafetensorsHeader header_;
  Error error_;
  Where where_ = Where::outside;
  std::string name_, metadata_key_;
  bool have_metadata_ = false;
  int skipped_depth_ = 0;
  // The entry at hand.
  Field field_ = Field::unknown;
  std::array<bool, 3> seen_{};
  DType dtype_ = DType::f32;
  std::array<std::int64_t, Shape::kMaxRank> extents_{};
  std::size_t rank_ = 0;
  std::array<std::uint64_t, 2> offsets_{};
  std::size_t offset_count_ = 0;
};

}  // namespace

std::string_view safetensors_name(DType dtype) noexcept {
  for (const NamedType& type : kTypes) {
    if (type.dtype == dtype) return type.name;
  }
  return "";
}

Result<SafetensorsHeader> parse_safetensors_header(std::string_view json) {
  // The parser takes a zero byte for the end of the text and would pass over whatever follows.
  if (const auto zero = json.find('\0'); zero != std::string_view::npos) {
    return make_error(ErrorCode::bad_file,
                      "header: not valid JSON in UTF-8 at byte {}; it is damaged: download or copy it again", zero + 1);
  }
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &reader)) return reader.take_error();
  return reader.take_header();
}

}  // namespace pxf
