// The service's database: one SQL, whichever engine runs it, but for full-text search. Statements name their values $1,
// $2 ... A Sql is used by one thread at a time. All throw Failure: io (busy, gone), no_space, bad_file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"

namespace pxf {

/// The database cannot be reached: whatever was under way is nobody's fault, and can be done once it is back.
class DatabaseLost : public Failure {
 public:
  using Failure::Failure;
};

class SqlValue {
 public:
  SqlValue() = default;  // NULL
  SqlValue(std::int64_t number) : value_(number) {}
  SqlValue(int number) : value_(std::int64_t{number}) {}
  SqlValue(bool truth) : value_(std::int64_t{truth}) {}
  SqlValue(double number) : value_(number) {}
  SqlValue(std::string text) : value_(std::move(text)) {}
  SqlValue(std::string_view text) : value_(std::string(text)) {}
  SqlValue(const char* text) : value_(std::string(text)) {}

  bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
  /// Of NULL: 0, empty.
  std::int64_t whole() const;
  double real() const;
  const std::string& text() const;

  const std::variant<std::monostate, std::int64_t, double, std::string>& value() const noexcept { return value_; }

 private:
  std::variant<std::monostate, std::int64_t, double, std::string> value_;
};

using SqlRow = std::vector<SqlValue>;

enum class SqlDialect : std::uint8_t { sqlite, postgres };

class Sql {
 public:
  virtual ~Sql() = default;
  Sql() = default;
  Sql(const Sql&) = delete;
  Sql& operator=(const Sql&) = delete;

  virtual std::vector<SqlRow> rows(std::string_view statement, const std::vector<SqlValue>& values = {}) = 0;
  /// How many rows it touched.
  virtual std::int64_t change(std::string_view statement, const std::vector<SqlValue>& values = {}) = 0;
  virtual SqlDialect dialect() const noexcept = 0;
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void roll_back() noexcept = 0;
};

/// All or nothing; rolled back unless committed.
class SqlTransaction {
 public:
  explicit SqlTransaction(Sql& sql) : sql_(sql) { sql.begin(); }
  ~SqlTransaction() {
    if (open_) sql_.roll_back();
  }
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;
  void commit() {
    sql_.commit();
    open_ = false;
  }

 private:
  Sql& sql_;
  bool open_ = true;
};

/// Creates the file, with the service's tables, if need be.
std::unique_ptr<Sql> open_sqlite(const std::filesystem::path& file);
/// "postgres://user:password@host/database", as libpq reads it; creates the tables if need be. A transaction is alone
/// among all of this database's, like SQLite's. Errors also: invalid_argument (no such address), unsupported (a newer
/// schema).
std::unique_ptr<Sql> open_postgres(const std::string& address);
/// The PostgreSQL at the address or, where that is empty, the SQLite of the home.
std::unique_ptr<Sql> open_database(const std::string& address, const std::filesystem::path& home);

}  // namespace pxf
