// Where modules write down their parameters: each name and shape once, beside the place that will hold the weight.
// The list so made serves everything that asks what a model consists of: loading, reports, memory estimates, adapters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/weight.h"
#include "tensor/shape.h"

namespace pxf {

struct Declaration {
  std::string name;  // as in the checkpoint, without the part's prefix
  Shape shape;
  Weight* weight;  // filled when the model is bound; stays where it is as long as its module does
};
using Declarations = std::vector<Declaration>;

class Scope {
 public:
  explicit Scope(Declarations& list, std::string path = {}) : list_(&list), path_(std::move(path)) {}

  /// The scope of a child: scope / "in_layers.0".
  Scope operator/(std::string_view child) const;
  Scope operator/(std::int64_t index) const { return *this / std::to_string(index); }
  /// Declares the parameter `name` of this scope.
  void weight(std::string_view name, const Shape& shape, Weight& into) const;

 private:
  Declarations* list_;
  std::string path_;
};

}  // namespace pxf
