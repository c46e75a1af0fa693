// The styles that requests may name: styles.csv of the library's folder.
#pragma once

#include <vector>

#include "service/service.h"
#include "text/styles_file.h"

namespace pxf {

/// None where there is no such file. Throws Failure for one that cannot be read.
std::vector<Style> styles_known(Service& service);

}  // namespace pxf
