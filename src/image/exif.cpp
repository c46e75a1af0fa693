#include "image/exif.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "image/utf8.h"

namespace pxf {
namespace {

constexpr std::uint32_t kOrientation = 0x0112, kExifDirectory = 0x8769, kUserComment = 0x9286;
constexpr std::uint32_t kAscii = 2, kLong = 4, kUndefined = 7;  // types of fields
constexpr std::string_view kUnicode("UNICODE\0", 8), kPlainAscii("ASCII\0\0\0", 8), kUnmarked("\0\0\0\0\0\0\0\0", 8);
constexpr std::uint32_t kMostFields = 1024;  // of a directory: a cut of what hostile files claim

struct Field {
  std::uint32_t tag, type, count;
  std::size_t at;  // of the entry's four bytes of value
};

/// Big- or little-endian, as the block says of itself.
class Tiff {
 public:
  explicit Tiff(Bytes bytes) : bytes_(bytes), big_(as_text(bytes).starts_with("MM")) {}

  bool is_one() const { return big_ || as_text(bytes_).starts_with("II"); }
  bool is_big() const { return big_; }

  std::optional<std::uint32_t> number(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<std::uint32_t>(bytes_[offset + (big_ ? i : size - 1 - i)]);
    }
    return value;
  }

  /// Of the directory at `offset`: the number of fields, then 12 bytes a field.
  std::vector<Field> fields(std::size_t offset) const {
    std::vector<Field> out;
    const std::uint32_t count = std::min(number(offset, 2).value_or(0), kMostFields);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t at = offset + 2 + std::size_t{12} * i;
      const auto tag = number(at, 2), type = number(at + 2, 2), values = number(at + 4, 4);
      if (!number(at + 8, 4)) break;  // the block ends inside it
      out.push_back({*tag, *type, *values, at + 8});
    }
    return out;
  }
  std::vector<Field> first_directory() const {
    const auto offset = number(4, 4);
    return is_one() && offset ? fields(*offset) : std::vector<Field>{};
  }

  /// The bytes of a field of one-byte values: in the entry where they fit, else where it points to.
  std::string_view bytes_of(const Field& field) const {
    const std::size_t begin = field.count <= 4 ? field.at : number(field.at, 4).value_or(0);
    if (begin > bytes_.size() || field.count > bytes_.size() - begin) return {};
    return as_text(bytes_).substr(begin, field.count);
  }

 private:
  Bytes bytes_;
  bool big_;
};

std::string utf16_to_utf8(std::string_view text, bool big) {
  const auto unit = [&](std::size_t at) {
    const auto high = static_cast<unsigned char>(text[at + (big ? 0 : 1)]);
    const auto low = static_cast<unsigned char>(text[at + (big ? 1 : 0)]);
    return static_cast<std::uint32_t>(high << 8 | low);
  };
  std::string out;
  for (std::size_t at = 0; at + 2 <= text.size(); at += 2) {
    std::uint32_t code = unit(at);
    const bool leads = code >= 0xd800 && code < 0xdc00 && at + 4 <= text.size();
    if (leads && unit(at + 2) >= 0xdc00 && unit(at + 2) < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (unit(at + 2) - 0xdc00);
      at += 2;
    }
    const bool is_half = code >= 0xd800 && code < 0xe000;  // of a pair, alone: not a character
    append_utf8(out, is_half ? 0xfffd : code);
  }
  return out;
}

/// "UNICODE" says 16 bits and not which byte is first: the order that makes more of the characters ASCII is right, for
/// parameters have English keys. (piexif writes big-endian whatever the block's order, exiftool follows the block.)
std::string unicode_text(std::string_view text, bool big_block) {
  std::ptrdiff_t zeros_first = 0, zeros_second = 0;
  for (std::size_t i = 0; i + 2 <= text.size(); i += 2) {
    zeros_first += text[i] == '\0';
    zeros_second += text[i + 1] == '\0';
  }
  const bool big = zeros_first == zeros_second ? big_block : zeros_first > zeros_second;
  return utf16_to_utf8(text, big);
}

std::string without_zeros(std::string text) {
  text.erase(std::find(text.begin(), text.end(), '\0'), text.end());
  return text;
}

std::string as_utf8(std::string_view text) {
  return without_zeros(is_utf8(text) ? std::string(text) : latin1_to_utf8(text));
}

std::string comment_text(std::string_view comment, bool big_block) {
  if (comment.starts_with(kUnicode)) return without_zeros(unicode_text(comment.substr(8), big_block));
  if (comment.starts_with(kPlainAscii) || comment.starts_with(kUnmarked)) comment.remove_prefix(8);
  return as_utf8(comment);
}

void append_be(std::string& out, std::uint32_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

/// A directory of one field and no next one.
void append_directory(std::string& out, std::uint32_t tag, std::uint32_t type, std::uint32_t count,
                      std::uint32_t value) {
  append_be(out, 1, 2);
  append_be(out, tag, 2);
  append_be(out, type, 2);
  append_be(out, count, 4);
  append_be(out, value, 4);
  append_be(out, 0, 4);
}

}  // namespace

int exif_orientation(Bytes tiff) {
  const Tiff block(tiff);
  for (const Field& field : block.first_directory()) {
    if (field.tag == kOrientation) return static_cast<int>(block.number(field.at, 2).value_or(1));
  }
  return 1;
}

std::vector<std::pair<std::string, std::string>> exif_texts(Bytes tiff) {
  const Tiff block(tiff);
  std::vector<std::pair<std::string, std::string>> out;
  // One of each: a small file may point to the same bytes a million times.
  const auto is_new = [&](std::string_view name) {
    return std::ranges::none_of(out, [&](const auto& text) { return text.first == name; });
  };
  for (const Field& field : block.first_directory()) {
    if (field.tag == kExifDirectory && is_new("parameters")) {
      const auto inner = block.fields(block.number(field.at, 4).value_or(0));
      const auto comment = std::ranges::find(inner, kUserComment, &Field::tag);
      if (comment != inner.end()) {
        out.emplace_back("parameters", comment_text(block.bytes_of(*comment), block.is_big()));
      }
    }
    const std::string_view text = field.type == kAscii ? block.bytes_of(field) : std::string_view();
    for (const std::string_view name : {"prompt", "workflow"}) {
      const std::string key = std::string(name) + ":";
      if (text.starts_with(key + "{") && is_new(name)) out.emplace_back(name, as_utf8(text.substr(key.size())));
    }
  }
  return out;
}

std::string exif_with_comment(std::string_view text) {
  constexpr std::uint32_t kDirectory = 2 + 12 + 4;  // bytes of one that has one field
  const std::string comment = std::string(kUnicode) + utf8_to_utf16be(text);
  std::string out("MM\0*", 4);
  append_be(out, 8, 4);  // where the first directory is
  append_directory(out, kExifDirectory, kLong, 1, 8 + kDirectory);
  append_directory(out, kUserComment, kUndefined, static_cast<std::uint32_t>(comment.size()), 8 + 2 * kDirectory);
  return out + comment;
}

}  // namespace pxf
