#include <libpq-fe.h>

#include <charconv>

#include "base/error.h"
#include "service/postgres.h"
#include "service/schema.h"
#include "service/sql.h"

namespace pxf {
namespace {

constexpr std::int64_t kAloneKey = 0x50584631;  // "PXF1": of the lock that a transaction holds

// The types that PostgreSQL's catalogue gives these numbers.
enum class PostgresType : Oid { int8 = 20, int2 = 21, int4 = 23, float4 = 700, float8 = 701 };

template <class T>
T number_of(std::string_view text) {
  T number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

SqlValue value_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return {};
  const std::string_view text(PQgetvalue(result, row, column),
                              static_cast<std::size_t>(PQgetlength(result, row, column)));
  switch (static_cast<PostgresType>(PQftype(result, column))) {
    case PostgresType::int8:
    case PostgresType::int4:
    case PostgresType::int2: return number_of<std::int64_t>(text);
    case PostgresType::float4:
    case PostgresType::float8: return number_of<double>(text);
  }
  return text;
}

class Postgres : public Sql {
 public:
  explicit Postgres(const std::string& address) : connection_(address) {
    SqlTransaction all(*this);
    migrate();
    all.commit();
  }

  std::vector<SqlRow> rows(std::string_view text, const std::vector<SqlValue>& values) override {
    const auto result = connection_.run(text, values);
    std::vector<SqlRow> out(static_cast<std::size_t>(PQntuples(result.get())));
    for (std::size_t row = 0; row < out.size(); ++row) {
      for (int column = 0; column < PQnfields(result.get()); ++column)
        out[row].push_back(value_of(result.get(), static_cast<int>(row), column));
    }
    return out;
  }

  std::int64_t change(std::string_view text, const std::vector<SqlValue>& values) override {
    const auto result = connection_.run(text, values);
    return number_of<std::int64_t>(PQcmdTuples(result.get()));
  }

  SqlDialect dialect() const noexcept override { return SqlDialect::postgres; }
  // One transaction at a time, as with SQLite: turns, allowances and claims are read, then written. Each takes
  // milliseconds, and a job takes seconds.
  void begin() override {
    connection_.run("BEGIN");
    try {
      connection_.run("SELECT pg_advisory_xact_lock($1)", {kAloneKey});
    } catch (...) {
      roll_back();
      throw;
    }
  }
  void commit() override { connection_.run("COMMIT"); }
  void roll_back() noexcept override {
    try {
      if (connection_.is_in_transaction()) connection_.run("ROLLBACK");
    } catch (...) {  // the connection is gone, and the transaction with it
    }
  }

 private:
  void migrate() {
    connection_.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)");
    const auto now = rows("SELECT version FROM schema_version", {});
    const auto known = static_cast<std::int64_t>(kPostgresMigrations.size());
    const std::int64_t version = now.empty() ? 0 : now[0][0].whole();
    if (version > known) {
      fail(ErrorCode::unsupported,
           "the database was written by a newer pixelforge: got schema {}, need at most {}; update this program",
           version, known);
    }
    if (version == known) return;
    for (auto i = version; i < known; ++i) connection_.run_script(kPostgresMigrations[static_cast<std::size_t>(i)]);
    change("DELETE FROM schema_version", {});
    change("INSERT INTO schema_version (version) VALUES ($1)", {known});
  }

  PostgresConnection connection_;
};

}  // namespace

std::unique_ptr<Sql> open_postgres(const std::string& address) { return std::make_unique<Postgres>(address); }

std::unique_ptr<Sql> open_database(const std::string& address, const std::filesystem::path& home) {
  return address.empty() ? open_sqlite(home / "service.db") : open_postgres(address);
}

}  // namespace pxf
