// A thin hand on SQLite: what store/ needs of it and no more. Used by one thread at a time.
// Inside store/ alone, so it throws Failure; Store gives Results. Errors: io (busy, read-only), no_space, bad_file
// (damaged), unsupported (written by a newer program), each naming the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pxf {

enum class ColumnType : std::uint8_t { null, whole, real, text };

class Statement {
 public:
  /// Binds ?1, ?2 ... in this order, from the start of the statement.
  template <class... Values>
  Statement& with(const Values&... values) & {
    reset();
    int i = 0;
    (bind(++i, values), ...);
    return *this;
  }
  template <class... Values>
  Statement with(const Values&... values) && {
    return std::move(with(values...));
  }
  /// Whether there is a row.
  bool step();
  /// To its end, for statements without rows.
  void run() {
    while (step()) {
    }
  }
  std::string text(int column) const;
  std::int64_t whole(int column) const;
  double real(int column) const;
  ColumnType type(int column) const;
  int columns() const;

  // Step by step what with() does at once.
  void reset();
  void bind(int index, std::string_view text);
  void bind(int index, std::int64_t number);
  void bind(int index, double number);

 private:
  friend class Database;
  Statement(sqlite3* database, std::filesystem::path file, std::string_view sql);

  struct Free {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  sqlite3* database_;
  std::filesystem::path file_;
  std::unique_ptr<sqlite3_stmt, Free> statement_;
};

class Database {
 public:
  /// Creates it, with its folder, if need be, and brings it to the newest schema: migrations[i] leads from version i to
  /// i + 1.
  static Database for_writing(const std::filesystem::path& file, std::span<const std::string_view> migrations);
  /// Leaves what is there as it is, in a folder that may not be written to as well.
  static Database for_reading(const std::filesystem::path& file, std::span<const std::string_view> migrations);

  /// Gone with this.
  static Database in_memory();

  Statement prepare(std::string_view sql) const { return {handle_.get(), file_, sql}; }
  void run(const char* sql) const;
  std::int64_t schema_version() const;
  /// Rows that the last INSERT, UPDATE or DELETE touched.
  std::int64_t changes() const;
  /// What SQLite finds wrong with the file; "ok".
  std::string check() const { return first_text("PRAGMA quick_check(1)"); }

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  Database(const std::filesystem::path& file, const std::string& address, int flags);
  std::string first_text(std::string_view sql) const;
  void use_wal() const;

  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// All or nothing, and alone: no other process writes between its beginning and its end. Rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(const Database& database) : database_(&database) { database.run("BEGIN IMMEDIATE"); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// When it returns, the changes are on the disk.
  void commit();

 private:
  const Database* database_;
  bool open_ = true;
};

}  // namespace pxf
