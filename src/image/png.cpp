#include "image/png.h"

#include <png.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "image/decoding.h"

// libpng tells of an error by a callback that must not return, and C++ exceptions must not pass through it: the
// callback jumps back to setjmp. A jump skips destructors, so the functions below that call setjmp, and the callbacks,
// own nothing; what they work on lives in a Session and in their callers.

namespace pxf {
namespace {

struct Session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::array<char, 160> problem{};  // set before a jump
  bool out_of_memory = false;

  Error error(ErrorCode code) const {
    if (out_of_memory) return make_error(ErrorCode::out_of_memory, "no memory for a PNG of this size");
    return make_error(code, "PNG: {}", problem.data());
  }
};

struct Writer : Session {
  std::vector<std::byte> out;
  Writer();
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
};

struct Reader : Session {
  Bytes left;
  explicit Reader(Bytes file);
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* session = static_cast<Session*>(png_get_error_ptr(png));
  std::snprintf(session->problem.data(), session->problem.size(), "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_write(png_structp png, png_bytep data, std::size_t size) {
  auto* writer = static_cast<Writer*>(png_get_io_ptr(png));
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  try {
    writer->out.insert(writer->out.end(), bytes, bytes + size);
  } catch (const std::bad_alloc&) {
    writer->out_of_memory = true;
  }
  if (writer->out_of_memory) png_error(png, "no memory");
}

void on_flush(png_structp) {}

void on_read(png_structp png, png_bytep data, std::size_t size) {
  auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (size > reader->left.size()) png_error(png, "the file is cut off: copy or download it again");
  std::memcpy(data, reader->left.data(), size);
  reader->left = reader->left.subspan(size);
}

Writer::Writer() {
  png = png_create_write_struct(PNG_LIBPNG_VER_STRING, static_cast<Session*>(this), on_error, on_warning);
  if (png) info = png_create_info_struct(png);
  if (info) png_set_write_fn(png, this, on_write, on_flush);
  out_of_memory = !info;
}

Reader::Reader(Bytes file) : left(file) {
  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, static_cast<Session*>(this), on_error, on_warning);
  if (png) info = png_create_info_struct(png);
  if (info) png_set_read_fn(png, this, on_read);
  out_of_memory = !info;
}

bool write_picture(Writer& writer, const Image& image, std::span<const std::string> chunks, int level) {
  png_structp png = writer.png;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_compression_level(png, level);
  png_set_IHDR(png, writer.info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
               PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, writer.info);
  for (const std::string& chunk : chunks) {  // type and body
    const auto* bytes = reinterpret_cast<png_const_bytep>(chunk.data());
    png_write_chunk(png, bytes, bytes + 4, chunk.size() - 4);
  }
  const std::size_t stride = image.byte_count() / static_cast<std::size_t>(image.height);
  for (std::size_t at = 0; at < image.pixels.size(); at += stride) png_write_row(png, image.pixels.data() + at);
  png_write_end(png, nullptr);
  return true;
}

/// Reads up to the pixels: then the size is known.
bool read_header(Reader& reader) {
  if (setjmp(png_jmpbuf(reader.png))) return false;
  // Of the ancillary chunks only transparency matters here; the rest is not even unpacked.
  png_set_keep_unknown_chunks(reader.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(reader.png, reader.info);
  return true;
}

/// Reads the pixels as 8-bit RGBA; `rows` has one pointer a row, each to 4 * width bytes.
bool read_rgba(Reader& reader, std::size_t row_bytes, png_bytep* rows) {
  png_structp png = reader.png;
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
  png_set_interlace_handling(png);
  png_read_update_info(png, reader.info);
  if (png_get_rowbytes(png, reader.info) != row_bytes) png_error(png, "unexpected layout of its rows");
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

Result<std::vector<std::byte>> encode_png(const Image& image, std::span<const TextEntry> texts, int level) {
  if (image.width <= 0 || image.height <= 0 || image.pixels.size() != image.byte_count()) {
    return make_error(ErrorCode::invalid_argument,
                      "PNG: got {} bytes of pixels for {}x{}, need width * height * 3, not 0", image.pixels.size(),
                      image.width, image.height);
  }
  if (level < 0 || level > 9) return make_error(ErrorCode::invalid_argument, "PNG level: got {}, need 0 to 9", level);
  std::vector<std::string> chunks;
  for (const TextEntry& entry : texts) {
    auto chunk = png_text_chunk(entry);
    if (!chunk) return std::move(chunk).error();
    chunks.push_back(std::move(chunk).value());
  }
  Writer writer;
  if (writer.out_of_memory || !write_picture(writer, image, chunks, level)) {
    return writer.error(ErrorCode::invalid_argument);
  }
  return std::move(writer.out);
}

Result<Image> decode_png(Bytes file, Shown shown) {
  Reader reader(file);
  if (reader.out_of_memory || !read_header(reader)) return reader.error(ErrorCode::bad_file);
  const std::uint64_t width = png_get_image_width(reader.png, reader.info);
  const std::uint64_t height = png_get_image_height(reader.png, reader.info);
  if (const Status fits = check_pixels("PNG", width, height); !fits) return fits.error();
  try {
    Image image{static_cast<int>(width), static_cast<int>(height), std::vector<std::uint8_t>(width * height * 4)};
    std::vector<png_bytep> rows(height);
    for (std::size_t y = 0; y < height; ++y) rows[y] = image.pixels.data() + y * width * 4;
    if (!read_rgba(reader, width * 4, rows.data())) return reader.error(ErrorCode::bad_file);
    leave(image.pixels, shown);
    return image;
  } catch (const std::bad_alloc&) {
    return make_error(ErrorCode::out_of_memory, "no memory for a PNG of {}x{} pixels", width, height);
  }
}

}  // namespace pxf
