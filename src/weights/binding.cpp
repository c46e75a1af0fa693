#include "weights/binding.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/in_quotes.h"

namespace pxf {
namespace {

bool same_but_for_trailing_ones(const Shape& a, const Shape& b) {
  for (int i = 0; i < std::max(a.rank(), b.rank()); ++i) {
    if ((i < a.rank() ? a.dim(i) : 1) != (i < b.rank() ? b.dim(i) : 1)) return false;
  }
  return true;
}

std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kShown) out += fmt::format(" and {} more", names.size() - kShown);
  return out;
}

}  // namespace

std::string LoadReport::problem() const {
  if (!wrong_shape.empty()) return fmt::format("{} of wrong shape: {}", wrong_shape.size(), first_of(wrong_shape));
  if (!missing.empty()) return fmt::format("{} missing: {}", missing.size(), first_of(missing));
  return {};
}

void bind_weights(const Declarations& declarations, const Catalog& catalog, LoadReport& report) {
  for (const Declaration& declared : declarations) {
    const std::string whole = catalog.prefix() + declared.name;
    if (!catalog.has(declared.name)) {
      report.missing.push_back(in_quotes(whole));
      continue;
    }
    report.used.push_back(whole);
    const Shape found = catalog.shape(declared.name);
    if (!same_but_for_trailing_ones(found, declared.shape)) {
      report.wrong_shape.push_back(
          fmt::format("{}: got {}, need {}", in_quotes(whole), found.text(), declared.shape.text()));
      continue;
    }
    *declared.weight = catalog.weight(declared.name);
  }
}

void note_unexpected(const Catalog& file, LoadReport& report) {
  std::ranges::sort(report.used);
  for (const std::string_view name : file.names()) {
    if (!std::ranges::binary_search(report.used, name, {},
                                    [](const std::string& used) { return std::string_view(used); })) {
      report.unexpected.emplace_back(name);
    }
  }
}

Extent extent_of(const Declarations& declarations) {
  Extent sum;
  for (const Declaration& declared : declarations) {
    if (!declared.weight->defined()) continue;
    sum.parameters += declared.weight->shape().numel();
    sum.bytes += static_cast<std::int64_t>(declared.weight->bytes().size());
  }
  return sum;
}

}  // namespace pxf
