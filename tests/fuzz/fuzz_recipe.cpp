// Metadata of other programs: whatever the text, under any keyword, a recipe comes of it or a refusal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "image/metadata.h"
#include "image/utf8.h"
#include "recipe/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const char* keyword : {"parameters", "prompt", "invokeai_metadata", "Comment"}) {
    const auto recipe = pxf::recipe_in(std::vector<pxf::TextEntry>{{"Software", "NovelAI"}, {keyword, text}});
    if (recipe && recipe.value().lost.size() > 1000) std::abort();
  }
  const auto texts = pxf::read_picture_texts(pxf::as_bytes(text));
  for (const pxf::TextEntry& entry : texts ? texts.value() : std::vector<pxf::TextEntry>()) {
    if (!pxf::is_utf8(entry.text)) std::abort();
  }
  return 0;
}
