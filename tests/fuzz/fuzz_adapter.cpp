// Whatever the bytes, an adapter is refused with a message or merges into weights that it fits, inside their bounds;
// and so with embeddings, alone or inside an adapter's file.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "check_source.h"
#include "formats/safetensors.h"
#include "weights/adapters/adapter.h"
#include "weights/adapters/adapter_family.h"
#include "weights/adapters/merge.h"
#include "weights/textual_inversion.h"

namespace {

using namespace pxf;

// Weights of the shapes that the seeds' targets have, and odd ones.
void merge_where_it_fits(const AdapterModule& module) {
  for (const Shape& shape :
       {Shape{32, 16}, Shape{16, 8, 1, 1}, Shape{16, 8, 3, 3}, Shape{16}, Shape{1}, Shape{3, 5, 2, 1}}) {
    if (!weight_misfit(module, shape).empty()) continue;
    std::vector<float> weight(static_cast<std::size_t>(shape.numel()), 0.5f);
    if (module.kind != nullptr) merge_weight(module, 0.7, shape, weight, nullptr);
    if (module.has("diff_b") && bias_misfit(module, shape).empty()) merge_bias(module, 0.7, weight);
  }
}

void read_embedding(const Catalog& names) {
  try {
    const TextualInversion got = read_textual_inversion(names);
    for (const auto& table : got.tables) {
      test::require_that(table.values.size() == static_cast<std::size_t>(got.vectors * table.width));
    }
  } catch (const Failure& failure) {
    test::check_error(failure.error());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source = open_safetensors(MappedFile::of_static(std::as_bytes(std::span(data, size)), "fuzz"));
  if (!source) return 0;
  const Catalog file(source.value());
  read_embedding(file);
  for (const std::string& name : bundled_embeddings(file)) read_embedding(file.under(kBundledEmbeddings + name));
  try {
    const Adapter adapter = read_adapter(file);
    family_of(adapter);
    for (const AdapterModule& module : adapter.modules) merge_where_it_fits(module);
  } catch (const Failure& failure) {
    test::check_error(failure.error());
  }
  return 0;
}
