// The samplers and schedulers that a request may name.
#pragma once

#include <string>
#include <vector>

namespace pxf {

struct MethodName {
  std::string name;                  // "dpmpp_2m": as Plan gives it
  std::string label;                 // "DPM++ 2M": A1111's
  std::vector<std::string> aliases;  // of other programs
};

/// In the order in which they are shown. Live as long as the program.
const std::vector<MethodName>& samplers();
const std::vector<MethodName>& schedulers();

}  // namespace pxf
