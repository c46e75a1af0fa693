#include "service/pictures.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "image/resize.h"
#include "service/ids.h"
#include "service/prompt_search.h"
#include "store/file_hash.h"

namespace pxf {
namespace {

constexpr std::string_view kPictureColumns =
    "id, job, number, owner, file, format, width, height, bytes, seed, prompt, negative, checkpoint, parameters, "
    "commercial, because, favourite, created";
constexpr int kThumbnailSide = 320;
constexpr std::string_view kInputPrefix = "input:";

std::string select_pictures(std::string_view rest) {
  return fmt::format("SELECT {} FROM images {}", kPictureColumns, rest);
}

std::uint64_t seed_of_text(const std::string& text) {
  std::uint64_t seed = 0;
  std::from_chars(text.data(), text.data() + text.size(), seed);
  return seed;
}

StoredPicture picture_of(const SqlRow& row) {
  StoredPicture p;
  std::size_t i = 0;
  p.id = row[i++].text();
  p.job = row[i++].text();
  p.number = static_cast<int>(row[i++].whole());
  p.owner = row[i++].text();
  p.file = row[i++].text();
  p.format = row[i++].text();
  p.width = static_cast<int>(row[i++].whole());
  p.height = static_cast<int>(row[i++].whole());
  p.bytes = row[i++].whole();
  p.seed = seed_of_text(row[i++].text());
  p.prompt = row[i++].text();
  p.negative = row[i++].text();
  p.checkpoint = row[i++].text();
  p.parameters = row[i++].text();
  p.commercial = row[i++].text();
  p.because = row[i++].text();
  p.favourite = row[i++].whole() != 0;
  p.created = row[i++].whole();
  return p;
}

std::vector<StoredPicture> pictures_of(const std::vector<SqlRow>& rows) {
  std::vector<StoredPicture> out;
  std::ranges::transform(rows, std::back_inserter(out), picture_of);
  return out;
}

const char* name_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::png: return "png";
    case ImageFormat::jpeg: return "jpeg";
    case ImageFormat::webp: return "webp";
  }
  return "png";
}

std::vector<std::byte> thumbnail_file(const Image& image) {
  const double shrink = std::min(1.0, static_cast<double>(kThumbnailSide) / std::max(image.width, image.height));
  const auto side = [&](int pixels) { return std::max(1, static_cast<int>(pixels * shrink)); };
  Picture small;
  small.image = resized(image, side(image.width), side(image.height));
  return value_or_throw(encode_picture(small, {.format = ImageFormat::jpeg, .quality = 82}));
}

void insert_picture(Sql& sql, const StoredPicture& p) {
  sql.change(
      fmt::format("INSERT INTO images ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
                  "$16, $17, $18)",
                  kPictureColumns),
      {p.id, p.job, p.number, p.owner, p.file, p.format, p.width, p.height, p.bytes, std::to_string(p.seed), p.prompt,
       p.negative, p.checkpoint, p.parameters, p.commercial, p.because, p.favourite, p.created});
}

}  // namespace

std::optional<StoredPicture> Pictures::add(const Job& job, int number, const Picture& picture, const Plan& plan,
                                           const Encoding& encoding) {
  const std::vector<std::byte> file = value_or_throw(encode_picture(picture, encoding));
  StoredPicture p;
  p.id = new_id();
  p.job = job.id;
  p.number = number;
  p.owner = job.owner;
  p.created = now_ms();
  p.format = name_of(encoding.format);
  p.file = fmt::format("{:%Y/%m/%d}/{}.{}", fmt::gmtime(static_cast<std::time_t>(p.created / 1000)), p.id, p.format);
  p.width = picture.image.width;
  p.height = picture.image.height;
  p.bytes = static_cast<std::int64_t>(file.size());
  p.seed = picture.seed;
  p.prompt = picture.prompt;
  p.negative = plan.negative;
  p.checkpoint = plan.checkpoint;
  p.parameters = picture.parameters;
  p.commercial = to_string(plan.commercial.commercial);
  p.because = plan.commercial.reason;
  value_or_throw(store_.put(p.file, file));
  value_or_throw(store_.put(thumbnail_of(p.file), thumbnail_file(picture.image)));
  const bool is_ours = database_.at_once([&](Sql& sql) {
    const auto ours =
        sql.rows("SELECT 1 FROM jobs WHERE id = $1 AND state = 'running' AND worker = $2 AND attempts = $3",
                 {job.id, job.worker, job.attempts});
    if (ours.empty()) return false;
    insert_picture(sql, p);
    sql.change("UPDATE jobs SET drawn = drawn + 1 WHERE id = $1", {job.id});
    return true;
  });
  if (is_ours) return p;
  value_or_throw(store_.remove(p.file));
  value_or_throw(store_.remove(thumbnail_of(p.file)));
  return std::nullopt;
}

std::optional<StoredPicture> Pictures::find(const std::string& id) {
  const auto rows = database_.look([&](Sql& sql) { return sql.rows(select_pictures("WHERE id = $1"), {id}); });
  if (rows.empty()) return std::nullopt;
  return picture_of(rows[0]);
}

std::vector<StoredPicture> Pictures::of_job(const std::string& job) {
  return pictures_of(
      database_.look([&](Sql& sql) { return sql.rows(select_pictures("WHERE job = $1 ORDER BY number"), {job}); }));
}

Part<StoredPicture> Pictures::list(const PictureFilter& filter) {
  std::string where =
      "WHERE ($1 = '' OR owner = $1) AND ($2 = '' OR checkpoint = $2) AND ($3 = 0 OR favourite <> 0) AND ($4 = '' OR "
      "id < $4)";
  std::vector<SqlValue> values{filter.owner, filter.checkpoint, filter.favourites, filter.before};
  const std::vector<std::string> texts = searched_texts(filter.words);
  const auto rows = database_.look([&](Sql& sql) {
    if (!texts.empty()) where += " AND " + prompt_has(texts, sql.dialect(), values);
    values.emplace_back(filter.limit + 1);
    where += fmt::format(" ORDER BY id DESC LIMIT ${}", values.size());
    return sql.rows(select_pictures(where), values);
  });
  Part<StoredPicture> part{pictures_of(rows), {}};
  if (part.items.size() > static_cast<std::size_t>(filter.limit)) {
    part.items.pop_back();
    part.next = part.items.back().id;
  }
  return part;
}

void Pictures::set_favourite(const std::string& id, bool favourite) {
  database_.with([&](Sql& sql) { sql.change("UPDATE images SET favourite = $2 WHERE id = $1", {id, favourite}); });
}

// The row goes first: a file that nobody knows is only wasted space, a row without its file would be a broken picture.
void Pictures::remove(const StoredPicture& picture) {
  database_.with([&](Sql& sql) { sql.change("DELETE FROM images WHERE id = $1", {picture.id}); });
  value_or_throw(store_.remove(picture.file));
  value_or_throw(store_.remove(thumbnail_of(picture.file)));
}

std::size_t Pictures::remove_older(std::int64_t then) {
  constexpr int kAtOnce = 100;
  const auto old = pictures_of(database_.look([&](Sql& sql) {
    return sql.rows(select_pictures("WHERE created < $1 AND favourite = 0 ORDER BY id LIMIT $2"), {then, kAtOnce});
  }));
  for (const StoredPicture& picture : old) remove(picture);
  return old.size();
}

std::string Pictures::keep_input(Bytes file) {
  const std::string hash = value_or_throw(sha256_of(file));
  const std::string name = "inputs/" + hash;
  if (!store_.get(name)) value_or_throw(store_.put(name, file));
  return std::string(kInputPrefix) + hash;
}

StoredBytes Pictures::input(const std::string& name) {
  if (name.starts_with(kInputPrefix)) {
    const std::string hash = name.substr(kInputPrefix.size());
    const bool is_hash = hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (is_hash) return value_or_throw(store_.get("inputs/" + hash));
  } else if (const auto picture = find(name)) {
    return file(*picture);
  }
  throw Failure(Error{ErrorCode::not_found, "there is no such picture here", name});
}

}  // namespace pxf
