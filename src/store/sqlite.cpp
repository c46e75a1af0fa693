#include "store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "base/file.h"

namespace pxf {
namespace {

namespace fs = std::filesystem;

constexpr int kBusyMilliseconds = 20'000;
constexpr int kApplication = 0x50584631;  // "PXF1", so that file(1) and we can tell it from other databases

Error error_of(sqlite3* database, int code, const fs::path& file) {
  const std::string said = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const int system = database != nullptr ? sqlite3_system_errno(database) : 0;
  const auto error = [&](ErrorCode kind, std::string words) { return Error{kind, std::move(words), file.string()}; };
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return error(ErrorCode::bad_file,
                   fmt::format("is damaged ({}); put a copy back, or move it away and import your models again: "
                               "linked files and blobs are untouched",
                               said));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return error(ErrorCode::io, "another process has kept the library busy for long; try again when it is done");
    case SQLITE_FULL: return error(ErrorCode::no_space, "cannot write the library: the disk is full; free some space");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return error(ErrorCode::io,
                   "the library is read-only here; set PIXELFORGE_HOME to a folder that you may write to");
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      if (system != 0) return system_error(system, "use the library", file);
      break;
    default: break;
  }
  return error(ErrorCode::io, fmt::format("cannot use the library: {}", said));
}

void expect_ok(sqlite3* database, int code, const fs::path& file) {
  if (code != SQLITE_OK) throw Failure(error_of(database, code, file));
}

// SQLite must not wait for the lock of a database in a folder that it cannot write to: nobody else can be writing
// there without its journal, so the file is all there is.
std::string immutable_address(const fs::path& file) {
  std::string out = "file:";
  for (const char c : file.string()) {
    const bool special = c == '?' || c == '#' || c == '%';
    out += special ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out + "?immutable=1";
}

bool has_journal(const fs::path& file) {
  std::error_code none;
  const auto size = fs::file_size(file.string() + "-wal", none);
  return !none && size > 0;
}

void refuse_newer(const Database& database, std::span<const std::string_view> migrations, const fs::path& file) {
  const auto known = static_cast<std::int64_t>(migrations.size());
  if (const std::int64_t version = database.schema_version(); version > known) {
    throw Failure(Error{ErrorCode::unsupported,
                        fmt::format("the library was written by a newer pixelforge: got schema {}, need at most {}; "
                                    "update this program",
                                    version, known),
                        file.string()});
  }
}

}  // namespace

void Statement::Free::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, fs::path file, std::string_view sql)
    : database_(database), file_(std::move(file)) {
  sqlite3_stmt* statement = nullptr;
  expect_ok(database, sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, nullptr),
            file_);
  statement_.reset(statement);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw Failure(error_of(database_, code, file_));
  return false;
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text == nullptr ? std::string()
                         : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::int64_t Statement::whole(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

ColumnType Statement::type(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_NULL: return ColumnType::null;
    case SQLITE_INTEGER: return ColumnType::whole;
    case SQLITE_FLOAT: return ColumnType::real;
    default: return ColumnType::text;
  }
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

void Statement::bind(int index, std::string_view text) {
  const char* begin = text.data() == nullptr ? "" : text.data();  // a null pointer would bind NULL
  expect_ok(database_, sqlite3_bind_text64(statement_.get(), index, begin, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
            file_);
}

void Statement::bind(int index, std::int64_t number) {
  expect_ok(database_, sqlite3_bind_int64(statement_.get(), index, number), file_);
}

void Statement::bind(int index, double number) {
  expect_ok(database_, sqlite3_bind_double(statement_.get(), index, number), file_);
}

void Database::Close::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

Database::Database(const fs::path& file, const std::string& address, int flags) : file_(file) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(address.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(handle);
  expect_ok(handle, code, file);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  run("PRAGMA foreign_keys = ON");
}

std::string Database::first_text(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.text(0) : std::string();
}

std::int64_t Database::schema_version() const {
  Statement statement = prepare("PRAGMA user_version");
  return statement.step() ? statement.whole(0) : 0;
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

void Database::run(const char* sql) const {
  expect_ok(handle_.get(), sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr), file_);
}

// The busy timeout does not cover two processes that switch a new database over at the same moment.
void Database::use_wal() const {
  for (int tries = 0;; ++tries) {
    try {
      run("PRAGMA journal_mode = WAL");
      break;
    } catch (const Failure&) {
      if ((sqlite3_errcode(handle_.get()) & 0xff) != SQLITE_BUSY || tries == 400) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
  }
  run("PRAGMA synchronous = FULL");  // what has been confirmed survives a power cut
}

Database Database::for_writing(const fs::path& file, std::span<const std::string_view> migrations) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed) throw Failure(system_error(failed.value(), "make the library's folder", file.parent_path()));
  Database database(file, file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  refuse_newer(database, migrations, file);
  database.use_wal();
  if (database.schema_version() == static_cast<std::int64_t>(migrations.size())) return database;
  Transaction all(database);
  refuse_newer(database, migrations, file);
  for (auto i = static_cast<std::size_t>(database.schema_version()); i < migrations.size(); ++i) {
    database.run(std::string(migrations[i]).c_str());
  }
  database.run(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, migrations.size()).c_str());
  all.commit();
  return database;
}

Database Database::for_reading(const fs::path& file, std::span<const std::string_view> migrations) {
  try {
    Database database(file, file.string(), SQLITE_OPEN_READWRITE);  // becomes read-only where it has to
    refuse_newer(database, migrations, file);
    return database;
  } catch (const Failure& failure) {
    if (failure.error().code != ErrorCode::io || has_journal(file)) throw;
  }
  Database database(file, immutable_address(file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  refuse_newer(database, migrations, file);
  return database;
}

Database Database::in_memory() { return {":memory:", ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY}; }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_->run("ROLLBACK");
  } catch (const Failure&) {  // SQLite has rolled back by itself, as it does when the disk is full
  }
}

void Transaction::commit() {
  database_->run("COMMIT");
  open_ = false;
}

}  // namespace pxf
