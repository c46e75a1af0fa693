// Which of the known names someone may have meant.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pxf {

/// A name as people hear it: "DPM++ 2M", "dpm++2m" and "dpmpp_2m" all become "dpmpp2m".
std::string plain_name(std::string_view name);

/// The known name nearest to `wanted` by letters changed; empty when none is near.
std::string_view nearest_name(std::string_view wanted, std::span<const std::string_view> known);

}  // namespace pxf
