// A connection to PostgreSQL. Used by one thread at a time. Throws Failure: io (refused, gone, busy), no_space,
// invalid_argument (the address, a password included, is never repeated in an error).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "service/sql.h"

struct pg_conn;
struct pg_result;

namespace pxf {

class PostgresConnection {
 public:
  explicit PostgresConnection(const std::string& address);

  struct Free {
    void operator()(pg_result* result) const noexcept;
    void operator()(pg_conn* connection) const noexcept;
  };
  using Result = std::unique_ptr<pg_result, Free>;

  /// One statement. Where the connection turns out to be lost, it is made anew and the statement run again, once, but
  /// not inside a transaction.
  Result run(std::string_view statement, const std::vector<SqlValue>& values = {});
  /// Any number of statements without values.
  void run_script(std::string_view statements);
  bool is_in_transaction() const;
  pg_conn* handle() const { return connection_.get(); }

 private:
  void connect();
  Result try_run(const std::string& statement, const std::vector<SqlValue>& values);
  void expect_ok(const pg_result* result) const;

  std::string address_, where_;
  std::unique_ptr<pg_conn, Free> connection_;
};

}  // namespace pxf
