// Whether the settings of methods are within their limits, and no interval is empty. Of structs whose methods
// for_each_method and visit list (recipe/guidance_fields.h).
#pragma once

#include <fmt/ranges.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "recipe/guidance_fields.h"

namespace pxf {

/// Holds every number to its limits; NaN is within none.
class LimitChecker {
 public:
  LimitChecker(std::string_view kind, std::string_view method) : kind_(kind), method_(method) {}

  void number(std::string_view names, double field, double /*usual*/, Limits limits) const {
    require(field >= limits.lowest && field <= limits.highest, "{}: {}: {}: got {}, need {} to {}", kind_, method_,
            first_name(names), field, limits.lowest, limits.highest);
  }
  void whole(std::string_view names, int field, int /*usual*/, Limits limits) const { number(names, field, 0, limits); }
  template <class Enum>
  void choice(std::string_view names, Enum field, Enum /*usual*/, std::span<const std::string_view> choices) const {
    require(static_cast<std::size_t>(field) < choices.size(), "{}: {}: {}: got number {}, need one of {}", kind_,
            method_, first_name(names), static_cast<int>(field), fmt::join(choices, ", "));
  }
  void layers(std::string_view names, const std::vector<std::string>& field,
              const std::vector<std::string>& /*usual*/) const {
    require(!field.empty(), "{}: {}: {}: got none, need at least one, such as mid", kind_, method_, first_name(names));
  }
  void scales(std::string_view names, const std::vector<double>& field, Limits limits) const {
    require(!field.empty(), "{}: {}: {}: got none, need at least one", kind_, method_, first_name(names));
    for (const double scale : field) number(names, scale, 0, limits);
  }
  /// An interval has to have something in it.
  void order(const GuidanceInterval& when) const {
    require(when.start <= when.end, "{}: {}: got start {} after end {}", kind_, method_, when.start, when.end);
    require(when.sigma_start >= when.sigma_end,
            "{}: {}: got sigma_start {} below sigma_end {}; sigma falls, so the start is the larger one", kind_,
            method_, when.sigma_start, when.sigma_end);
  }

 private:
  std::string_view kind_, method_;
};

/// `kind`: "guidance". Throws Failure(invalid_argument).
template <class Methods>
void check_limits(std::string_view kind, const Methods& given) {
  Methods copy = given;
  for_each_method(copy, [&](std::string_view names, auto& method) {
    if (!method) return;
    LimitChecker checker(kind, first_name(names));
    visit(checker, *method);
    if constexpr (requires { method->when; }) checker.order(method->when);
    if constexpr (requires { checker.order(*method); }) checker.order(*method);
  });
}

}  // namespace pxf
