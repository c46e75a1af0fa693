#include "ops/profile.h"

namespace pxf {
namespace {

// "a.b.weight" -> "a.b"
std::string without_ending(const std::string& name) { return name.substr(0, name.rfind('.')); }

}  // namespace

std::string OpProfile::layer_of(const Weight* weight) {
  if (weight == nullptr || weight->name().empty()) return scope_;
  std::string layer = without_ending(weight->name());
  scope_ = without_ending(layer);
  return layer;
}

void OpProfile::add(const Weight* weight, std::string_view op, std::string_view kernel, double seconds, double flops,
                    double bytes) {
  std::string layer = layer_of(weight);
  const auto [place, added] = places_.try_emplace({layer, std::string(op), std::string(kernel)}, rows_.size());
  if (added) rows_.push_back({.layer = std::move(layer), .op = std::string(op), .kernel = std::string(kernel)});
  Row& row = rows_[place->second];
  row.calls += 1;
  row.seconds += seconds;
  row.flops += flops;
  row.bytes += bytes;
}

namespace profile {

double bytes_of(const Tensor& tensor) {
  return static_cast<double>(pxf::bytes_of(tensor.dtype(), tensor.numel()).value_or(0));
}

double bytes_of(const Weight& weight) {
  return static_cast<double>(pxf::bytes_of(weight.dtype(), weight.shape().numel()).value_or(0));
}

}  // namespace profile
}  // namespace pxf
