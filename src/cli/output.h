// Where pictures go: names made from prompts, a folder, a file that was named, or a stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pixelforge/engine.h"
#include "pixelforge/picture_file.h"

namespace pxf::cli {

/// The letters and digits of a prompt, in lower case, with one hyphen for whatever stands between them; at most `limit`
/// bytes of UTF-8, cut between words where it can be. "picture" when nothing is left.
std::string slug(std::string_view prompt, std::size_t limit);

class Output {
 public:
  /// What is wished for; a format that is not said is that of the file's ending, else PNG.
  struct Form {
    std::optional<ImageFormat> format = {};
    int quality = Encoding{}.quality;
  };
  /// `wish` as -o gives it: a folder, a file, "-" for standard output, or empty for the current folder.
  /// Refuses here, before anything is computed, what cannot work: a folder that is not there or may not be written to,
  /// a name whose ending is of another format. Errors: invalid_argument, not_found, io.
  static Result<Output> to(const std::string& wish, int count, const Form& form);

  /// Standard output itself, so that nothing else may be written there.
  bool is_standard_output() const noexcept { return kind_ == Kind::standard_output; }

  const Encoding& encoding() const noexcept { return encoding_; }

  /// Writes the k-th picture and gives its path ("-" for standard output). In a folder "SLUG-SEED.png" (or .jpg,
  /// .webp), then "SLUG-SEED-2.png" and so on: what is there stays. A file that was named is replaced; of several
  /// pictures the second goes to "NAME-2.png". Files appear whole or not at all. Errors: no_space, io, not_found.
  Result<std::filesystem::path> write(const Picture& picture, const std::string& prompt, int k) const;

 private:
  enum class Kind : std::uint8_t { folder, file, device, standard_output };
  Output(Kind kind, std::filesystem::path path, Encoding encoding)
      : kind_(kind), path_(std::move(path)), encoding_(encoding) {}
  std::filesystem::path path_for(std::uint64_t seed, const std::string& prompt, int k) const;

  Kind kind_;
  std::filesystem::path path_;
  Encoding encoding_;
};

}  // namespace pxf::cli
