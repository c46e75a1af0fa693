// What ops took, by layer: time, work and bytes. Filled by the context that has one; not for many threads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ops/weight.h"
#include "tensor/tensor.h"

namespace pxf {

// Not called Profile, as the choosing of models has one: to the linker two classes of one name are one.
class OpProfile {
 public:
  struct Row {
    /// The weight's name without its ending: "model.diffusion_model.out.2". Ops without weights belong to the scope of
    /// the layer that ran before them: attention to "...attn1" after "...attn1.to_v".
    std::string layer;
    std::string op, kernel;  // "conv2d", "igemm 3x3"
    std::int64_t calls = 0;
    double seconds = 0, flops = 0;
    double bytes = 0;  // operands, weights as the file has them, and the result, each counted once a call
  };

  /// `weight` may be null.
  void add(const Weight* weight, std::string_view op, std::string_view kernel, double seconds, double flops,
           double bytes);
  /// In the order in which they first ran.
  const std::vector<Row>& rows() const noexcept { return rows_; }

 private:
  std::string layer_of(const Weight* weight);

  std::vector<Row> rows_;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> places_;
  std::string scope_;
};

namespace profile {

double bytes_of(const Tensor& tensor);
double bytes_of(const Weight& weight);
template <class T>
double bytes_of(const T* operand) {
  return operand == nullptr ? 0 : bytes_of(*operand);
}

/// What an op reads and writes, by the names that descriptions give their operands.
template <class Desc>
double operand_bytes(const Desc& d) {
  double sum = 0;
  if constexpr (requires { bytes_of(d.dst); }) sum += bytes_of(d.dst);
  if constexpr (requires { d.src; }) sum += bytes_of(d.src);
  if constexpr (requires { d.x; }) sum += bytes_of(d.x);
  if constexpr (requires { d.y; }) sum += bytes_of(d.y);
  if constexpr (requires { d.q; }) sum += bytes_of(d.q) + bytes_of(d.k) + bytes_of(d.v);
  if constexpr (requires { d.weight; }) sum += bytes_of(d.weight);
  if constexpr (requires { d.bias; }) sum += bytes_of(d.bias);
  if constexpr (requires { d.gamma; }) sum += bytes_of(d.gamma) + bytes_of(d.beta);
  if constexpr (requires { d.ids; }) sum += bytes_of(d.ids) + bytes_of(d.dst);  // of the table, the rows that are taken
  return sum;
}

/// The one whose name says which layer this is; null when there is none.
template <class Desc>
const Weight* named_weight(const Desc& d) {
  if constexpr (requires { d.weight; }) return &d.weight;
  if constexpr (requires { d.gamma; }) return &d.gamma;
  if constexpr (requires { d.table; }) return &d.table;
  return nullptr;
}

}  // namespace profile
}  // namespace pxf
