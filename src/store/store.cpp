#include "store/store.h"

#include <chrono>

#include "store/file_hash.h"
#include "store/schema.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kColumns =
    "id, name, path, blob, bytes, mtime, inode, sha256, kind, family, title, license, author, tags, trigger_words, "
    "source, preview, added";

/// A library of version 1 that cannot be written to stays as it is, and can be read.
std::string columns(std::int64_t version) {
  return fmt::format("{}, {}", kColumns, version < 2 ? "'', ''" : "tensors_sha256, auto_v1");
}

/// The digits of "1a2b3c4d5e" or "0x1a2b…" in lower case; empty for what is no beginning of a hash.
std::string hash_digits(std::string_view text) {
  constexpr std::size_t kFewest = 8, kMost = 64;
  if (text.starts_with("0x")) text.remove_prefix(2);
  if (text.size() < kFewest || text.size() > kMost) return {};
  std::string out;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) return {};
    out += lower;
  }
  return out;
}

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Record read(const Statement& row) {
  Record r;
  int i = 0;
  r.id = row.whole(i++);
  for (std::string* text : {&r.name, &r.path, &r.blob}) *text = row.text(i++);
  r.stamp.bytes = static_cast<std::uint64_t>(row.whole(i++));
  r.stamp.mtime = row.whole(i++);
  r.stamp.inode = static_cast<std::uint64_t>(row.whole(i++));
  for (std::string* text : {&r.sha256, &r.kind, &r.family, &r.title, &r.license, &r.author, &r.tags, &r.trigger_words,
                            &r.source, &r.preview}) {
    *text = row.text(i++);
  }
  r.added = row.whole(i++);
  for (std::string* text : {&r.tensors_sha256, &r.auto_v1}) *text = row.text(i++);
  return r;
}

Statement& bind_all(Statement& statement, const Record& r) {
  return statement.with(r.name, r.path, r.blob, static_cast<std::int64_t>(r.stamp.bytes), r.stamp.mtime,
                        static_cast<std::int64_t>(r.stamp.inode), r.sha256, r.kind, r.family, r.title, r.license,
                        r.author, r.tags, r.trigger_words, r.source, r.preview, r.added, r.id, r.tensors_sha256,
                        r.auto_v1);
}

Error no_such(const std::string& name) {
  return Error{ErrorCode::not_found, fmt::format("no model of the name \"{}\" is in the library", name), {}};
}

}  // namespace

Store::Store(fs::path home) : home_(std::move(home)) {}

fs::path Store::file_of(const Record& record) const {
  return record.blob.empty() ? fs::path(record.path) : blobs().path_of(record.blob);
}

bool Store::exists() const {
  std::error_code failed;
  return !home_.empty() && (database_ || fs::exists(home_ / "library.db", failed));
}

Database& Store::reading() {
  if (!database_) database_ = Database::for_reading(home_ / "library.db", kMigrations);
  return *database_;
}

Database& Store::writing() {
  if (home_.empty()) {
    fail(ErrorCode::invalid_argument, "there is no place for a library: got no $HOME; set PIXELFORGE_HOME to a folder");
  }
  if (!may_write_) {
    database_.reset();
    database_ = Database::for_writing(home_ / "library.db", kMigrations);
    may_write_ = true;
  }
  return *database_;
}

std::optional<Record> Store::first_where(std::string_view condition, std::string_view value) {
  if (!exists() || reading().schema_version() == 0) return std::nullopt;
  Statement row = reading().prepare(
      fmt::format("SELECT {} FROM models WHERE {} ORDER BY id", columns(reading().schema_version()), condition));
  return row.with(value).step() ? std::optional(read(row)) : std::nullopt;
}

Result<std::vector<Record>> Store::list() {
  return catch_errors([&] {
    std::vector<Record> out;
    if (!exists() || reading().schema_version() == 0) return out;
    Statement count = reading().prepare("SELECT count(*) FROM models");
    if (count.step()) out.reserve(static_cast<std::size_t>(count.whole(0)));
    Statement rows =
        reading().prepare(fmt::format("SELECT {} FROM models ORDER BY name", columns(reading().schema_version())));
    while (rows.step()) out.push_back(read(rows));
    return out;
  });
}

Result<std::optional<Record>> Store::find(const std::string& name) {
  return catch_errors([&] { return first_where("name = ?1", name); });
}

Result<std::optional<Record>> Store::find_name_or_hash(const std::string& wanted) {
  return catch_errors([&]() -> std::optional<Record> {
    if (auto named = first_where("name = ?1", wanted)) return named;
    const std::string digits = hash_digits(wanted);
    if (digits.empty() || !exists() || reading().schema_version() < 2) return std::nullopt;
    Statement rows = reading().prepare(fmt::format(
        "SELECT {} FROM models WHERE substr(coalesce(blob, sha256), 1, length(?1)) = ?1 OR substr(tensors_sha256, 1, "
        "length(?1)) = ?1 OR (auto_v1 = ?1 AND bytes > {}) ORDER BY id",
        columns(reading().schema_version()), kAutoV1Begin));
    rows.with(digits);
    std::optional<Record> found;
    const auto bytes_of = [](const Record& r) { return r.blob.empty() ? r.sha256 : r.blob; };
    while (rows.step()) {
      Record one = read(rows);
      require(!found || bytes_of(one) == bytes_of(*found),
              "hash: \"{}\" is that of \"{}\" and of \"{}\", need one; give more digits, or a name", wanted,
              found ? found->name : one.name, one.name);
      if (!found) found = std::move(one);
    }
    return found;
  });
}

Result<std::optional<Record>> Store::find_path(const std::string& path) {
  return catch_errors([&] { return first_where("path = ?1", path); });
}

Result<Details> Store::details(const Record& record) {
  return catch_errors([&] {
    Statement row = reading().prepare("SELECT info, overrides FROM details WHERE model = ?1");
    return row.with(record.id).step() ? Details{row.text(0), row.text(1)} : Details{};
  });
}

Result<Store::Added> Store::add(Record record, const Details& details, const StagedBlob* blob, Naming naming) {
  const bool exactly = naming == Naming::exactly;
  return write([&] {
    auto there = blob == nullptr ? first_where("path = ?1", record.path)
                 : exactly       ? first_where("name = ?1", record.name)
                                 : first_where("blob = ?1", record.blob);
    if (blob != nullptr && there && there->blob != record.blob) there.reset();
    if (there) {
      require(!exactly || there->name == record.name,
              "name: this file is in the library as \"{0}\"; try pixelforge rename \"{0}\" \"{1}\"", there->name,
              record.name);
      if (blob != nullptr) value_or_throw(blobs().place(*blob));
      return Added{*there, false};
    }
    const std::string wanted = record.name;
    for (int i = 2; first_where("name = ?1", record.name); ++i) {
      require(!exactly, "name: \"{}\" is taken; choose another with --name", wanted);
      record.name = fmt::format("{}-{}", wanted, i);
    }
    if (blob != nullptr) value_or_throw(blobs().place(*blob));
    record.added = now();
    Statement insert = writing().prepare(
        "INSERT INTO models(name, path, blob, bytes, mtime, inode, sha256, kind, family, title, license, author, tags, "
        "trigger_words, source, preview, added, tensors_sha256, auto_v1) VALUES (?1, nullif(?2, ''), nullif(?3, ''), "
        "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?19, ?20) RETURNING id, ?18");
    if (bind_all(insert, record).step()) record.id = insert.whole(0);
    insert.run();
    writing().prepare("INSERT INTO details VALUES (?1, ?2, ?3)").with(record.id, details.info, details.overrides).run();
    return Added{std::move(record), true};
  });
}

Status Store::adopt(const Record& record, const Details& details, const StagedBlob& blob) {
  return write([&] {
    value_or_throw(blobs().place(blob));
    replace(record, details);
    return Done{};
  });
}

Status Store::update(const Record& record, const Details& details) {
  return write([&] {
    replace(record, details);
    return Done{};
  });
}

void Store::replace(const Record& record, const Details& details) {
  Statement models = writing().prepare(
      "UPDATE models SET path = nullif(?2, ''), blob = nullif(?3, ''), bytes = ?4, mtime = ?5, inode = ?6, sha256 = "
      "?7, "
      "kind = ?8, family = ?9, title = ?10, license = ?11, author = ?12, tags = ?13, trigger_words = ?14, source = "
      "?15, "
      "preview = ?16, tensors_sha256 = ?19, auto_v1 = ?20 WHERE id = ?18 AND ?1 IS NOT NULL AND ?17 IS NOT NULL "
      "RETURNING id");
  if (!bind_all(models, record).step()) throw Failure(no_such(record.name));
  models.run();
  writing()
      .prepare("UPDATE details SET info = ?2, overrides = ?3 WHERE model = ?1")
      .with(record.id, details.info, details.overrides)
      .run();
}

Status Store::together(const std::function<Status()>& work) {
  return catch_errors([&]() -> Done {
    Transaction transaction(writing());
    in_transaction_ = true;
    Result<Status> done = catch_errors(work);
    in_transaction_ = false;
    value_or_throw(value_or_throw(std::move(done)));
    transaction.commit();
    return Done{};
  });
}

Status Store::rename(const std::string& from, const std::string& to) {
  return write([&] {
    Statement taken = writing().prepare("SELECT 1 FROM models WHERE name = ?1 AND name <> ?2");
    require(!taken.with(to, from).step(), "name: \"{}\" is taken; choose another", to);
    Statement change = writing().prepare("UPDATE models SET name = ?1 WHERE name = ?2 RETURNING id");
    if (!change.with(to, from).step()) throw Failure(no_such(from));
    change.run();
    writing().prepare("UPDATE OR REPLACE tuned SET name = ?1 WHERE name = ?2").with(to, from).run();
    return Done{};
  });
}

Status Store::remember_hashes(const Record& record) {
  return write([&] {
    writing()
        .prepare(
            "UPDATE models SET sha256 = ?1, tensors_sha256 = ?2, auto_v1 = ?3 WHERE id = ?4 AND bytes = ?5 AND mtime = "
            "?6 AND inode = ?7")
        .with(record.sha256, record.tensors_sha256, record.auto_v1, record.id,
              static_cast<std::int64_t>(record.stamp.bytes), record.stamp.mtime,
              static_cast<std::int64_t>(record.stamp.inode))
        .run();
    return Done{};
  });
}

// Two transactions: killed between them, the blob is left over for `sweep`; the other way round, an entry would have
// lost its file. The second looks again, because another process may have come to use the blob.
Result<std::uint64_t> Store::remove(const std::string& name) {
  Result<std::string> blob = write([&] {
    Statement change = writing().prepare("DELETE FROM models WHERE name = ?1 RETURNING blob");
    if (!change.with(name).step()) throw Failure(no_such(name));
    std::string hash = change.text(0);
    change.run();
    writing().prepare("DELETE FROM tuned WHERE name = ?1").with(name).run();
    return hash;
  });
  if (!blob) return std::move(blob).error();
  if (blob.value().empty()) return std::uint64_t{0};
  return write([&] {
    Statement used = writing().prepare("SELECT 1 FROM models WHERE blob = ?1");
    return used.with(blob.value()).step() ? std::uint64_t{0} : value_or_throw(blobs().remove(blob.value()));
  });
}

Result<Swept> Store::sweep() {
  if (!exists()) return Swept{};
  return write([&] {
    Swept swept;
    Statement used = writing().prepare("SELECT 1 FROM models WHERE blob = ?1");
    for (const std::string& hash : value_or_throw(blobs().all())) {
      if (used.with(hash).step()) continue;
      swept.bytes += value_or_throw(blobs().remove(hash));
      ++swept.blobs;
    }
    swept.bytes += value_or_throw(blobs().sweep_aside());
    return swept;
  });
}

Result<std::string> Store::check() {
  return catch_errors([&] {
    if (!exists()) return std::string();
    const std::string said = reading().check();
    return said == "ok" ? std::string() : said;
  });
}

Result<std::optional<std::string>> Store::tuned(const std::string& name) {
  return catch_errors([&]() -> std::optional<std::string> {
    if (!exists() || reading().schema_version() < 5) return std::nullopt;
    Statement row = reading().prepare("SELECT preset FROM tuned WHERE name = ?1");
    return row.with(name).step() ? std::optional(row.text(0)) : std::nullopt;
  });
}

Status Store::save_tuned(const std::string& name, const std::string& preset) {
  return write([&] {
    writing().prepare("INSERT OR REPLACE INTO tuned VALUES (?1, ?2)").with(name, preset).run();
    return Done{};
  });
}

Result<bool> Store::forget_tuned(const std::string& name) {
  if (!exists()) return false;
  return write([&] {
    writing().prepare("DELETE FROM tuned WHERE name = ?1").with(name).run();
    return writing().changes() > 0;
  });
}

Result<std::string> Store::set_in_program(const std::string& name) {
  return catch_errors([&]() -> std::string {
    if (!exists() || reading().schema_version() < 7) return "{}";
    Statement row = reading().prepare("SELECT overrides FROM set_in_program WHERE name = ?1");
    return row.with(name).step() ? row.text(0) : "{}";
  });
}

Status Store::save_set_in_program(const std::string& name, const std::string& overrides) {
  return write([&] {
    writing().prepare("INSERT OR REPLACE INTO set_in_program VALUES (?1, ?2)").with(name, overrides).run();
    return Done{};
  });
}

Status Store::remember_folder(const std::string& path) {
  return write([&] {
    writing().prepare("INSERT OR IGNORE INTO folders VALUES (?1, ?2)").with(path, now()).run();
    return Done{};
  });
}

Result<std::vector<std::string>> Store::folders() {
  return catch_errors([&] {
    std::vector<std::string> out;
    if (!exists() || reading().schema_version() == 0) return out;
    Statement rows = reading().prepare("SELECT path FROM folders ORDER BY path");
    while (rows.step()) out.push_back(rows.text(0));
    return out;
  });
}

}  // namespace pxf
