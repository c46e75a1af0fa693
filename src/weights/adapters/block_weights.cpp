#include "weights/adapters/block_weights.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "formats/in_quotes.h"
#include "weights/blocks.h"

namespace pxf {
namespace {

constexpr double kStrongest = 100;

struct Form {
  std::vector<std::size_t> input, output;  // the blocks that are named, in order
  std::size_t size() const { return 2 + input.size() + output.size(); }
};

std::span<const Form> forms() {
  static const std::vector<std::size_t> nine{0, 1, 2, 3, 4, 5, 6, 7, 8}, twelve{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  static const std::array<Form, 4> all{{{{1, 2, 4, 5, 7, 8}, {3, 4, 5, 6, 7, 8, 9, 10, 11}},
                                        {{4, 5, 7, 8}, {0, 1, 2, 3, 4, 5}},
                                        {nine, nine},
                                        {twelve, twelve}}};
  return all;
}

// Half-open ranges of blocks that are at 1.
struct Named {
  std::string_view name;
  std::size_t input_from, input_to;
  double middle;
  std::size_t output_from, output_to;
};
constexpr std::array kNamed{Named{"ALL", 0, 12, 1, 0, 12}, Named{"INS", 0, 5, 0, 0, 0},
                            Named{"IND", 5, 12, 0, 0, 0},  Named{"INALL", 0, 12, 0, 0, 0},
                            Named{"MIDD", 5, 12, 1, 0, 7}, Named{"OUTD", 0, 0, 0, 0, 7},
                            Named{"OUTS", 0, 0, 0, 7, 12}, Named{"OUTALL", 0, 0, 0, 0, 12}};

std::optional<BlockWeights> named(std::string_view text) {
  if (text == "NONE") return BlockWeights{.base = 0};
  for (const Named& one : kNamed) {
    if (one.name != text) continue;
    BlockWeights out{.middle = one.middle};
    for (std::size_t i = one.input_from; i < one.input_to; ++i) out.input[i] = 1;
    for (std::size_t i = one.output_from; i < one.output_to; ++i) out.output[i] = 1;
    return out;
  }
  return std::nullopt;
}

// Empty when a number is none, or out of range.
std::vector<double> numbers(std::string_view text) {
  std::vector<double> out;
  while (true) {
    const std::size_t comma = text.find(',');
    std::string_view one = text.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    double value = 0;
    const auto [end, wrong] = std::from_chars(one.data(), one.data() + one.size(), value);
    if (wrong != std::errc() || end != one.data() + one.size() || !(std::abs(value) <= kStrongest)) return {};
    out.push_back(value);
    if (comma == text.npos) return out;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

double BlockWeights::of(std::string_view tensor) const {
  const std::size_t block = block_of(tensor);
  if (block == 0) return base;
  if (block == kMiddle) return middle;
  return block < kMiddle ? input[block - kFirstInput] : output[block - kFirstOutput];
}

BlockWeights read_block_weights(std::string_view text) {
  if (const auto known = named(text)) return *known;
  const std::vector<double> given = numbers(text);
  for (const Form& form : forms()) {
    if (given.size() != form.size()) continue;
    BlockWeights out{.base = given[0]};
    auto next = given.begin() + 1;
    for (const std::size_t i : form.input) out.input[i] = *next++;
    out.middle = *next++;
    for (const std::size_t i : form.output) out.output[i] = *next++;
    return out;
  }
  fail(ErrorCode::invalid_argument,
       "block weights of a LoRA: got {}, need 12, 17, 20 or 26 numbers from {} to {} with commas between them, or one "
       "of ALL, NONE, INS, IND, INALL, MIDD, OUTD, OUTS, OUTALL",
       in_quotes(std::string(text)), -kStrongest, kStrongest);
}

}  // namespace pxf
