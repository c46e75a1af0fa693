// Reading golden files in tests. What a set of goldens lacks is not there to be tested: ask golden_has first and skip.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "formats/safetensors.h"
#include "ops/context.h"
#include "support.h"
#include "tensor/widen.h"

namespace pxf::test {

inline bool golden_has(const std::string& file) { return std::filesystem::exists(golden_folder() / file); }

inline nlohmann::json golden_json(const std::string& file) {
  std::ifstream in(golden_folder() / file);
  return nlohmann::json::parse(in);
}

/// A list of numbers; null, where the reference has NaN or infinity, reads as NaN.
inline std::vector<double> numbers(const nlohmann::json& list) {
  std::vector<double> out;
  for (const auto& value : list) out.push_back(value.is_null() ? std::nan("") : value.get<double>());
  return out;
}

/// The arrays of a golden .safetensors file.
class GoldenArrays {
 public:
  /// `file` under the golden folder.
  explicit GoldenArrays(const std::string& file) : source_(value_or_throw(open_safetensors(golden_folder() / file))) {}

  const TensorSource& source() const { return *source_; }
  bool has(const std::string& key) const { return source_->find(key) != nullptr; }
  const Shape& shape(const std::string& key) const { return info(key).shape; }

  /// f32 and f64 as f64.
  std::vector<double> values(const std::string& key) const {
    const Bytes bytes = source_->bytes(key);
    const DType dtype = info(key).dtype;
    if (dtype != DType::f64 && dtype != DType::f32) throw std::runtime_error(key + ": need f32 or f64");
    std::vector<double> out(static_cast<std::size_t>(shape(key).numel()));
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = dtype == DType::f64 ? load_le<double>(bytes, 8 * i) : double{load_le<float>(bytes, 4 * i)};
    }
    return out;
  }
  std::vector<float> f32(const std::string& key) const {
    std::vector<float> out(static_cast<std::size_t>(shape(key).numel()));
    widen_to_f32(source_->bytes(key), info(key).dtype, out);
    return out;
  }
  /// Ids: small enough to be exact in f32.
  std::vector<std::int32_t> i32(const std::string& key) const {
    const std::vector<float> numbers = f32(key);
    return {numbers.begin(), numbers.end()};
  }
  Tensor tensor(Context& ctx, const std::string& key) const { return ctx.from(f32(key), shape(key)); }
  Tensor ids(Context& ctx, const std::string& key) const { return ctx.from(i32(key), shape(key)); }

 private:
  const TensorInfo& info(const std::string& key) const {
    const TensorInfo* found = source_->find(key);
    if (!found) throw std::runtime_error(key + ": not in the golden file");
    return *found;
  }
  std::shared_ptr<const TensorSource> source_;
};

/// The largest |got - want|; infinite when the lengths differ, NaN-safe.
template <class A, class B>
double worst_difference(const A& got, const B& want) {
  if (std::size(got) != std::size(want)) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < std::size(got); ++i) {
    const double difference = std::abs(static_cast<double>(got[i]) - static_cast<double>(want[i]));
    worst =
        difference <= worst ? worst : (std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference);
  }
  return worst;
}

/// The largest |got - want| / max(|want|, 1e-6); infinite as above.
inline double worst_relative(std::span<const double> got, std::span<const double> want) {
  if (got.size() != want.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    worst =
        std::max(worst, worst_difference(got.subspan(i, 1), want.subspan(i, 1)) / std::max(std::abs(want[i]), 1e-6));
  }
  return worst;
}

/// max |got - want| <= tolerance * max(1, max |want|): the rule of the goldens of model families.
inline void expect_close(std::span<const float> got, std::span<const float> want, double tolerance) {
  double largest = 1;
  for (const float v : want) largest = std::max(largest, static_cast<double>(std::abs(v)));
  EXPECT_LE(worst_difference(got, want), tolerance * largest);
}

}  // namespace pxf::test
