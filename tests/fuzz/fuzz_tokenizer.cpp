// Any bytes are a prompt: ids stay inside the vocabulary, rows have their length, and text that was decoded once
// encodes to the same ids for ever after. (Not from the first time on: lower-casing a dotted capital I leaves a
// combining dot, which composes anew with marks that follow it.)
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/clip_tokenizer.h"
#include "text/token_chunks.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pxf::ClipTokenizer tokenizer;
  const auto ids = tokenizer.encode({reinterpret_cast<const char*>(data), size});
  for (const std::int32_t id : ids) check(id >= 0 && id < pxf::ClipTokenizer::kVocabulary);
  for (const auto& row : pxf::chunks(ids)) check(row.size() == 77);
  const auto settled = tokenizer.encode(tokenizer.decode(ids));
  check(tokenizer.encode(tokenizer.decode(settled)) == settled);
  return 0;
}
