#include <map>
#include <string>

#include "service/schema.h"
#include "service/sql.h"
#include "store/sqlite.h"

namespace pxf {

std::int64_t SqlValue::whole() const {
  if (const auto* real = std::get_if<double>(&value_)) return static_cast<std::int64_t>(*real);
  const auto* number = std::get_if<std::int64_t>(&value_);
  return number == nullptr ? 0 : *number;
}

double SqlValue::real() const {
  const auto* number = std::get_if<double>(&value_);
  return number == nullptr ? static_cast<double>(whole()) : *number;
}

const std::string& SqlValue::text() const {
  static const std::string none;
  const auto* text = std::get_if<std::string>(&value_);
  return text == nullptr ? none : *text;
}

namespace {

/// $1 as SQLite has it: ?1.
std::string in_sqlite(std::string_view statement) {
  std::string out(statement);
  for (char& c : out) {
    if (c == '$') c = '?';
  }
  return out;
}

class Sqlite : public Sql {
 public:
  explicit Sqlite(const std::filesystem::path& file) : database_(Database::for_writing(file, kSqliteMigrations)) {}

  std::vector<SqlRow> rows(std::string_view text, const std::vector<SqlValue>& values) override {
    Statement& statement = bound(text, values);
    std::vector<SqlRow> out;
    while (statement.step()) {
      SqlRow row;
      for (int i = 0; i < statement.columns(); ++i) row.push_back(value_at(statement, i));
      out.push_back(std::move(row));
    }
    statement.reset();
    return out;
  }

  std::int64_t change(std::string_view text, const std::vector<SqlValue>& values) override {
    Statement& statement = bound(text, values);
    statement.run();
    statement.reset();
    return database_.changes();
  }

  SqlDialect dialect() const noexcept override { return SqlDialect::sqlite; }
  void begin() override { database_.run("BEGIN IMMEDIATE"); }
  void commit() override { database_.run("COMMIT"); }
  void roll_back() noexcept override {
    try {
      database_.run("ROLLBACK");
    } catch (...) {  // SQLite has rolled back by itself, as it does when the disk is full
    }
  }

 private:
  static SqlValue value_at(const Statement& statement, int column) {
    switch (statement.type(column)) {
      case ColumnType::null: return {};
      case ColumnType::whole: return statement.whole(column);
      case ColumnType::real: return statement.real(column);
      case ColumnType::text: break;
    }
    return statement.text(column);
  }

  // Statements are few and kept: preparing one takes as long as running it.
  Statement& bound(std::string_view text, const std::vector<SqlValue>& values) {
    auto found = statements_.find(text);
    if (found == statements_.end()) {
      found = statements_.emplace(std::string(text), database_.prepare(in_sqlite(text))).first;
    }
    Statement& statement = found->second;
    statement.reset();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int index = static_cast<int>(i) + 1;
      const auto& value = values[i].value();
      if (const auto* number = std::get_if<std::int64_t>(&value)) statement.bind(index, *number);
      if (const auto* real = std::get_if<double>(&value)) statement.bind(index, *real);
      if (const auto* words = std::get_if<std::string>(&value)) statement.bind(index, std::string_view(*words));
    }
    return statement;
  }

  Database database_;
  std::map<std::string, Statement, std::less<>> statements_;
};

}  // namespace

std::unique_ptr<Sql> open_sqlite(const std::filesystem::path& file) { return std::make_unique<Sqlite>(file); }

}  // namespace pxf
