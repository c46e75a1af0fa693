#include "weights/blocks.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/trimmed.h"
#include "formats/in_quotes.h"

namespace pxf {
namespace {

constexpr double kLargest = 100;

// The number that follows `prefix` in a tensor's name; 12 or more, as any that is too long, is in no block here.
std::optional<std::size_t> block_after(std::string_view tensor, std::string_view prefix) noexcept {
  const std::size_t at = tensor.find(prefix);
  if (at == tensor.npos) return std::nullopt;
  std::size_t number = 0;
  const char* begin = tensor.data() + at + prefix.size();
  const auto [end, wrong] = std::from_chars(begin, tensor.data() + tensor.size(), number);
  if (wrong != std::errc() || number >= kBlocksOfASide) return std::nullopt;
  return number;
}

std::vector<std::string_view> between_commas(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t comma = 0; comma != text.npos; text.remove_prefix(comma == text.npos ? 0 : comma + 1)) {
    comma = text.find(',');
    out.push_back(trimmed(text.substr(0, comma), " "));
  }
  return out;
}

double number_of(std::string_view text, std::string_view whole) {
  double value = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(wrong == std::errc() && end == text.data() + text.size() && std::abs(value) <= kLargest,
          "blocks: got {} in {}, need a number from {} to {}", in_quotes(text), in_quotes(whole), -kLargest, kLargest);
  return value;
}

void set_named(BlockValues& out, std::string_view name, double value) {
  const auto all = [&](std::size_t first, std::size_t count) { std::fill_n(out.begin() + first, count, value); };
  if (name == "IN") return all(kFirstInput, kBlocksOfASide);
  if (name == "M" || name == "MID") return all(kMiddle, 1);
  if (name == "OUT") return all(kFirstOutput, kBlocksOfASide);
  const auto at = std::ranges::find(kBlockNames, name);
  if (at == kBlockNames.end()) {
    const std::string_view nearest = nearest_name(name, kBlockNames);
    fail(ErrorCode::invalid_argument, "blocks: got {}, need BASE, IN, IN00 to IN11, M00, OUT or OUT00 to OUT11{}",
         in_quotes(name), nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest));
  }
  out[static_cast<std::size_t>(at - kBlockNames.begin())] = value;
}

BlockValues read_list(const std::vector<std::string_view>& numbers, std::string_view whole) {
  constexpr std::size_t kSdxl = 20, kSideOfSdxl = 9;
  require(numbers.size() == kBlockNames.size() || numbers.size() == kSdxl,
          "blocks: got {} numbers, need 26 (BASE, IN00 to IN11, M00, OUT00 to OUT11), 20 of SDXL (BASE, IN00 to IN08, "
          "M00, OUT00 to OUT08), or names such as IN=0.3,M00=1",
          numbers.size());
  const std::size_t side = numbers.size() == kSdxl ? kSideOfSdxl : kBlocksOfASide;
  BlockValues out{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t place = i <= side ? i : i == side + 1 ? kMiddle : kFirstOutput + (i - side - 2);
    out[place] = number_of(numbers[i], whole);
  }
  return out;
}

}  // namespace

std::size_t block_of(std::string_view tensor) noexcept {
  if (const auto i = block_after(tensor, "input_blocks.")) return kFirstInput + *i;
  if (const auto i = block_after(tensor, "output_blocks.")) return kFirstOutput + *i;
  return tensor.find("middle_block.") != tensor.npos ? kMiddle : 0;
}

BlockValues read_block_values(std::string_view text) {
  const std::vector<std::string_view> entries = between_commas(text);
  if (text.find('=') == text.npos) return read_list(entries, text);
  BlockValues out{};
  for (const std::string_view entry : entries) {
    const std::size_t equals = entry.find('=');
    require(equals != entry.npos, "blocks: got {}, need NAME=NUMBER, such as IN04=0.3", in_quotes(entry));
    set_named(out, trimmed(entry.substr(0, equals), " "), number_of(trimmed(entry.substr(equals + 1), " "), text));
  }
  return out;
}

}  // namespace pxf
