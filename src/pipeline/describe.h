// What a file is, in the words of ModelInfo.
#pragma once

#include <string>

#include "models/family.h"
#include "pixelforge/model_info.h"
#include "weights/catalog.h"

namespace pxf {

/// Recognises the file and binds its parts if an engine here runs it. `opened` may be null; otherwise it gets the model
/// when the file is supported. Never fails: what is wrong with the file stands in the result.
/// `said` goes before it, but for the names of what the tensors are.
ModelInfo describe(const Catalog& file, const Hearsay& said, OpenedModel* opened);

/// How much a bound part holds.
PartInfo part_info(std::string name, const Declarations& declarations);

}  // namespace pxf
