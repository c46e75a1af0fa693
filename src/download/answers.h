// What Hugging Face and Civitai say of a model's files. Their answers are JSON from the network: what is missing or of
// another type is as if it were not said, and nothing in them is trusted but as text, a hash and an address to ask.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "download/source.h"

namespace pxf {

struct OfferedFile {
  std::string name;         // a path, in a repository
  std::uint64_t bytes = 0;  // 0: not said
  std::string sha256;       // lower case; empty: not said
  std::string link;         // where it is fetched from; empty in a repository, whose names say it
  bool is_primary = false;  // of a version of Civitai
};

/// Of /api/models/REPO/revision/REV?blobs=true. Error: bad_file when it is none.
Result<std::vector<OfferedFile>> repository_files(const std::string& answer);
/// Of /api/v1/model-versions/VERSION. Error: bad_file when it is none.
Result<std::vector<OfferedFile>> version_files(const std::string& answer);

/// The file that the source means. Without a name: the one checkpoint of a repository, the primary file of a version.
/// Errors: not_found, invalid_argument where several may be meant; both with the names.
Result<OfferedFile> choose_file(const std::vector<OfferedFile>& files, const HuggingFaceSource& source);
Result<OfferedFile> choose_file(const std::vector<OfferedFile>& files, const CivitaiSource& source);

/// The first, and so the newest, version of /api/v1/models/MODEL. Error: not_found.
Result<std::uint64_t> newest_version(const std::string& answer);
/// Which model a version is of; 0 where it does not say.
std::uint64_t model_of_version(const std::string& answer);
/// A version's answer with that on its model inside, as Civitai Helper's NAME.civitai.info has it.
std::string with_model(const std::string& version, const std::string& model);

/// Lower-case hexadecimal, or empty when the text is no sha256.
std::string sha256_text(std::string_view text);
/// "dream.v2" of "unet/dream.v2.safetensors": without folders and a model file's ending.
std::string model_name_of(const std::string& path);

}  // namespace pxf
