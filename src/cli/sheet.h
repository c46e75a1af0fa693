// A model on a page: labels on the left, what there is to say on the right.
#pragma once

#include <string>
#include <vector>

#include "pixelforge/choose.h"
#include "pixelforge/engine.h"

namespace pxf::cli {

class Sheet {
 public:
  Sheet();
  /// Nothing for an empty value.
  void row(const char* label, const std::string& value) const;
  /// The first few of them.
  void tensors(const char* label, const std::vector<std::string>& names) const;

 private:
  int columns_;
};

/// What it would be chosen for: "pixel art, logo; not photo".
std::string good_for_text(const std::vector<GoodFor>& good_for);

void print_sheet(const Sheet& sheet, const ModelInfo& model, bool metadata);

}  // namespace pxf::cli
