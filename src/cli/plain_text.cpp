#include "cli/plain_text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace pxf::cli {
namespace {

struct Character {
  std::string_view bytes;
  std::int32_t code;  // negative: one byte that is not UTF-8
};

Character first_character(std::string_view text) {
  std::int32_t code = -1;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &code);
  return length > 0 ? Character{text.substr(0, static_cast<std::size_t>(length)), code}
                    : Character{text.substr(0, 1), -1};
}

/// Moves a cursor, starts an escape sequence, or reorders the text around it (bidirectional overrides).
bool is_unsafe(std::int32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

/// Nearly every text is: no escapes, and each byte is a column.
bool is_plain_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

/// The number with three significant digits before its unit.
std::string scaled(double value, const std::array<const char*, 5>& units) {
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
  const int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", value, digits, units[unit]);
}

}  // namespace

std::string printable(std::string_view text) {
  if (is_plain_ascii(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    if (code == '\n') {
      out += "\\n";
    } else if (is_unsafe(code)) {
      for (const char byte : bytes) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(byte));
      }
    } else {
      out += bytes;
    }
    text.remove_prefix(bytes.size());
  }
  return out;
}

int width_of(std::string_view text) {
  if (is_plain_ascii(text)) return static_cast<int>(text.size());
  int columns = 0;
  while (!text.empty()) {
    const auto [bytes, code] = first_character(text);
    columns += code < 0 ? 1 : utf8proc_charwidth(code);
    text.remove_prefix(bytes.size());
  }
  return columns;
}

std::string padded(std::string_view text, int columns) {
  std::string out(text);
  out.append(static_cast<std::size_t>(std::max(0, columns - width_of(text))), ' ');
  return out;
}

std::string wrapped(std::string_view text, int columns, int indent) {
  std::string out;
  int used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const int width = width_of(word);
    if (used > 0 && used + 1 + width > columns) {
      out += '\n';
      out.append(static_cast<std::size_t>(indent), ' ');
      used = 0;
    }
    if (used > 0) out += ' ', ++used;
    out += word;
    used += width;
  }
  return out;
}

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t left) {
  std::vector<int> widths(rows.at(0).size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto space = static_cast<std::size_t>(widths[i] - width_of(row[i]));
      const bool last = i + 1 == row.size();
      if (i >= left) out.append(space, ' ');
      out += row[i];
      if (i < left && !last) out.append(space, ' ');
      out += last ? "\n" : "  ";
    }
  }
  return out;
}

std::string bytes_text(std::uint64_t bytes) {
  return scaled(static_cast<double>(bytes), {" bytes", " kB", " MB", " GB", " TB"});
}

std::string count_text(std::int64_t count) { return scaled(static_cast<double>(count), {"", " k", " M", " G", " T"}); }

std::string seconds_text(double seconds) {
  const int digits = seconds >= 9.95 ? 0 : seconds >= 0.995 ? 1 : 2;
  return fmt::format("{:.{}f}", seconds, digits);
}

}  // namespace pxf::cli
