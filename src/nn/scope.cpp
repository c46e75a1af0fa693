#include "nn/scope.h"

#include <fmt/format.h>

namespace pxf {

Scope Scope::operator/(std::string_view child) const {
  return Scope(*list_, path_.empty() ? std::string(child) : fmt::format("{}.{}", path_, child));
}

void Scope::weight(std::string_view name, const Shape& shape, Weight& into) const {
  list_->push_back({(*this / name).path_, shape, &into});
}

}  // namespace pxf
