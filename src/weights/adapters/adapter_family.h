// Which models an adapter was made for, seen from its modules' names and extents.
#pragma once

#include <string>

#include "weights/adapters/adapter.h"

namespace pxf {

struct AdapterFamily {
  std::string family;  // "sd1", as recognise() calls it; empty when unknown
  std::string title;   // "SD 1.x"
  std::string reason;  // "attn2 takes a context 768 wide"
};

AdapterFamily family_of(const Adapter& adapter);

}  // namespace pxf
