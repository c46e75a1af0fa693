// What people name when they want a model, as they type or paste it.
//   https://example.com/model.safetensors
//   hf:ORG/REPO[@REVISION][:FILE], and pages of huggingface.co: /ORG/REPO, .../tree/REV, .../blob/REV/FILE,
//   .../resolve/... civitai:VERSION[:FILE], civitai:MODEL@VERSION[:FILE], urn:air:...:civitai:MODEL@VERSION, and pages
//   of civitai.com: /models/MODEL[/NAME][?modelVersionId=VERSION], /api/download/models/VERSION
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "download/url.h"

namespace pxf {

struct HuggingFaceSource {
  std::string repo;  // "ORG/REPO"
  std::string revision = "main";
  std::string file;  // empty: the one checkpoint that is in it
};

struct CivitaiSource {
  std::uint64_t model = 0, version = 0;  // 0: not said; one of them is
  std::string file;                      // empty: the version's primary file
  std::string link;                      // or the one that is fetched by this path and query
};

using ModelSource = std::variant<HuggingFaceSource, CivitaiSource, Url>;

/// Where the two sites are; another address for a mirror or a test.
struct Sites {
  Url hugging_face, civitai;
};

/// Error: invalid_argument.
Result<ModelSource> parse_source(const std::string& text, const Sites& sites);

}  // namespace pxf
