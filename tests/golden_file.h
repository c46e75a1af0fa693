// A golden safetensors file: its tensors by name, as the contexts of tests want them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "ops/context.h"
#include "tensor/widen.h"

namespace pxf::test {

class GoldenFile {
 public:
  explicit GoldenFile(const std::filesystem::path& path) : source_(value_or_throw(open_safetensors(path))) {}

  const TensorSource& source() const { return *source_; }
  bool has(const std::string& name) const { return source_->find(name) != nullptr; }
  Shape shape(const std::string& name) const { return source_->find(name)->shape; }

  std::vector<float> f32(const std::string& name) const {
    std::vector<float> out(static_cast<std::size_t>(shape(name).numel()));
    widen_to_f32(source_->bytes(name), source_->find(name)->dtype, out);
    return out;
  }
  std::vector<std::int32_t> i32(const std::string& name) const {
    const std::vector<float> values = f32(name);  // ids are small: exact
    return {values.begin(), values.end()};
  }
  Tensor tensor(Context& ctx, const std::string& name) const { return ctx.from(f32(name), shape(name)); }
  Tensor ids(Context& ctx, const std::string& name) const { return ctx.from(i32(name), shape(name)); }

 private:
  std::shared_ptr<const TensorSource> source_;
};

/// max |got - want| <= tolerance * max(1, max |want|), the rule of the families' goldens.
inline void expect_close(std::span<const float> got, std::span<const float> want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  double largest = 1, worst = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(want[i])));
    const double away = std::abs(static_cast<double>(got[i]) - want[i]);
    worst = std::isnan(away) ? 1e30 : std::max(worst, away);
  }
  EXPECT_LE(worst, tolerance * largest);
}

}  // namespace pxf::test
