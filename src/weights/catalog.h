// What a weight file holds, seen by its names: shapes without reading weights, and the prefixes under which files keep
// their parts. A value; copies share the file. Immutable, safe for many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/tensor_source.h"
#include "ops/weight.h"

namespace pxf {

class Catalog {
 public:
  explicit Catalog(std::shared_ptr<const TensorSource> source);

  /// The names that begin with `path` and a dot, without them.
  Catalog under(std::string_view path) const;
  /// "model.diffusion_model.", empty for the whole file.
  const std::string& prefix() const noexcept { return prefix_; }

  bool has(std::string_view name) const;
  /// Whether any name begins with this: has_any("input_blocks.3.").
  bool has_any(std::string_view beginning) const;
  bool empty() const { return !has_any(""); }
  /// Throws Failure(bad_file) when there is none.
  Shape shape(std::string_view name) const;
  /// Extent i of a tensor, nothing when the file lacks it or it has fewer extents.
  std::optional<std::int64_t> dim(std::string_view name, int i) const;
  /// The number of i = 0, 1, 2 ... for which names begin with "list.i.".
  std::int64_t count(std::string_view list) const;

  /// A handle to the tensor's bytes; throws Failure(bad_file) when there is none.
  Weight weight(std::string_view name) const;

  /// The names under the prefix, without it, sorted.
  std::vector<std::string_view> names() const;
  /// Of the file: empty when it has no such entry.
  std::string metadata(const std::string& key) const;
  const TensorSource& source() const noexcept { return *source_; }

 private:
  std::shared_ptr<const TensorSource> source_;
  std::shared_ptr<const std::vector<std::string_view>> sorted_;  // all names of the file
  std::string prefix_;
};

}  // namespace pxf
