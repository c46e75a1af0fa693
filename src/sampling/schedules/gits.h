// The times of GITS, as data.
#pragma once

#include <array>
#include <string_view>

namespace pxf {

constexpr int kGitsCoefficients = 15;  // 0.80, 0.85, ... 1.50
constexpr int kGitsMostSteps = 20;

/// For every coefficient, the times between the first, 100, and the last, 0, of the schedules of 2 to 20 steps one
/// after the other: two digits each, in hundredths of the way up the noise table.
extern const std::array<std::string_view, kGitsCoefficients> kGitsTimes;

}  // namespace pxf
