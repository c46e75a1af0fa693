#include "cli/output.h"

#include <fmt/format.h>
#include <unistd.h>
#include <utf8proc.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "cli/report.h"

namespace pxf::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSlugLimit = 48;  // with a seed of 20 digits, "-999" and ".png" a name stays below 80 bytes

bool is_letter_or_digit(std::int32_t code) {
  const utf8proc_category_t category = utf8proc_category(code);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) || category == UTF8PROC_CATEGORY_ND ||
         category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;  // marks: Hindi and others need them
}

Status check_folder(const fs::path& folder) {
  const int why = ::access(folder.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
  std::error_code ignored;
  if (why == ENOENT || why == ENOTDIR || (why == 0 && !fs::is_directory(folder, ignored))) {
    return Error{ErrorCode::not_found, "no such folder; create it first or choose another with -o", folder.string()};
  }
  if (why != 0) {
    return Error{ErrorCode::io,
                 fmt::format("cannot write to this folder: {}; choose another with -o", std::strerror(why)),
                 folder.string()};
  }
  return Done{};
}

const char* ending_of(ImageFormat format) {
  return format == ImageFormat::jpeg ? ".jpg" : format == ImageFormat::webp ? ".webp" : ".png";
}

/// The format that is said, else that of the ending. Error: a name whose ending is none, or of another.
Result<ImageFormat> format_for(const fs::path& file, const std::optional<ImageFormat>& said) {
  const auto named = format_of_name(file);
  const std::string ending = file.extension().string();
  if (!ending.empty() && (!named || (said && *named != *said))) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("got a name that ends in \"{}\", need {}", ending,
                             said ? fmt::format("\"{}\" for --format", ending_of(*said)) : ".png, .jpg or .webp"),
                 "-o " + file.string()};
  }
  return said.value_or(named.value_or(ImageFormat::png));
}

Status write_stream(const Picture& picture, std::FILE* stream, const char* name, const Encoding& encoding) {
  const auto encoded = encode_picture(picture, encoding);
  if (!encoded) return encoded.error();
  const auto& bytes = encoded.value();
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream) != bytes.size() || std::fflush(stream) != 0) {
    return write_error(errno, name);
  }
  return Done{};
}

/// Writes to what is there: renaming a new file over /dev/null would replace the device.
Status write_device(const Picture& picture, const fs::path& path, const Encoding& encoding) {
  std::FILE* stream = std::fopen(path.c_str(), "wb");
  if (stream == nullptr) return write_error(errno, path.c_str());
  const Status written = write_stream(picture, stream, path.c_str(), encoding);
  std::fclose(stream);
  return written;
}

}  // namespace

std::string slug(std::string_view prompt, std::size_t limit) {
  std::string out;
  bool between_words = false;
  while (!prompt.empty()) {
    std::int32_t code = -1;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(prompt.data()),
                                         static_cast<utf8proc_ssize_t>(prompt.size()), &code);
    prompt.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
    if (length <= 0 || !is_letter_or_digit(code)) {
      between_words = !out.empty();
      continue;
    }
    utf8proc_uint8_t bytes[4];
    const auto size = static_cast<std::size_t>(utf8proc_encode_char(utf8proc_tolower(code), bytes));
    if (out.size() + (between_words ? 1 : 0) + size > limit) {
      const std::size_t word = out.rfind('-');
      if (!between_words && word != std::string::npos && word >= limit / 2) out.resize(word);
      break;
    }
    if (std::exchange(between_words, false)) out += '-';
    out.append(reinterpret_cast<const char*>(bytes), size);
  }
  return out.empty() ? "picture" : out;
}

Result<Output> Output::to(const std::string& wish, int count, const Form& form) {
  if (form.quality < 1 || form.quality > 100) {
    return Error{ErrorCode::invalid_argument, fmt::format("got {}, need 1 to 100", form.quality), "--quality"};
  }
  Encoding encoding{form.format.value_or(ImageFormat::png), form.quality};
  if (wish == "-") {
    if (count == 1) return Output(Kind::standard_output, wish, encoding);
    return Error{ErrorCode::invalid_argument,
                 fmt::format("got {} pictures, standard output takes 1; give a folder to -o", count), "-o -"};
  }
  const fs::path path(wish);
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  const bool names_folder = wish.empty() || fs::is_directory(status) || !path.has_filename();
  if (names_folder) {
    const fs::path folder = wish.empty() ? fs::path(".") : path;
    if (auto usable = check_folder(folder); !usable) return std::move(usable).error();
    return Output(Kind::folder, path, encoding);
  }
  if (fs::exists(status) && !fs::is_regular_file(status)) return Output(Kind::device, path, encoding);
  const auto format = format_for(path, form.format);
  if (!format) return format.error();
  encoding.format = format.value();
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (auto usable = check_folder(folder); !usable) return std::move(usable).error();
  return Output(Kind::file, path, encoding);
}

Result<fs::path> Output::write(const Picture& picture, const std::string& prompt, int k) const {
  const fs::path path = path_for(picture.seed, prompt, k);
  Status written = kind_ == Kind::standard_output ? write_stream(picture, stdout, "standard output", encoding_)
                   : kind_ == Kind::device        ? write_device(picture, path, encoding_)
                                                  : save_picture(picture, path, encoding_);
  if (!written) return std::move(written).error();
  return path;
}

fs::path Output::path_for(std::uint64_t seed, const std::string& prompt, int k) const {
  if (kind_ == Kind::file && k > 0) {
    return path_.parent_path() / fmt::format("{}-{}{}", path_.stem().string(), k + 1, path_.extension().string());
  }
  if (kind_ != Kind::folder) return path_;
  const std::string name = fmt::format("{}-{}", slug(prompt, kSlugLimit), seed);
  const char* ending = ending_of(encoding_.format);
  fs::path path = path_ / (name + ending);
  std::error_code ignored;
  for (int i = 2; fs::exists(fs::symlink_status(path, ignored)); ++i) {
    path = path_ / fmt::format("{}-{}{}", name, i, ending);
  }
  return path;
}

}  // namespace pxf::cli
