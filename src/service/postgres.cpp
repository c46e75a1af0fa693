#include "service/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"
#include "json/json.h"

namespace pxf {
namespace {

// A process that stands still must not keep the others waiting for ever: neither inside a transaction, nor as one that
// others wait for.
constexpr std::string_view kPatience =
    "SET idle_in_transaction_session_timeout = 10000; SET lock_timeout = 20000; SET client_min_messages = warning";

std::string without_line_end(const char* text) {
  std::string out = text;
  while (!out.empty() && out.back() == '\n') out.pop_back();
  std::ranges::replace_if(
      out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return out;
}

[[noreturn]] void refuse_address() {
  throw Failure(Error{ErrorCode::invalid_argument,
                      "got no address of PostgreSQL, need postgres://user@host/name (of the characters of a password, "
                      "those that an address has a use for are written %XX)",
                      "database"});
}

/// Where an address leads, without the password. What libpq says of a bad address may repeat the password, whole or,
/// where it has characters like @ and /, the part that is taken for a host, port or name.
std::string place_of(const std::string& address) {
  struct FreeOptions {
    void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
  };
  if (!address.starts_with("postgres://") && !address.starts_with("postgresql://")) refuse_address();
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(address.c_str(), nullptr));
  if (!options) refuse_address();
  std::map<std::string_view, std::string> given;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) given.emplace(option->keyword, option->val);
  }
  const std::string &host = given["host"], &name = given["dbname"];
  const bool is_port = given["port"].find_first_not_of("0123456789,") == std::string::npos;
  if (!is_port || host.find('@') != std::string::npos || name.find('@') != std::string::npos) refuse_address();
  return fmt::format("PostgreSQL at {}{}{}", host.empty() ? "this machine" : host, name.empty() ? "" : ", database ",
                     name);
}

/// PostgreSQL keeps UTF-8 without zero bytes, and nothing else: anything else shows U+FFFD.
std::string keepable(const std::string& text) {
  if (std::ranges::all_of(text, [](unsigned char c) { return c != 0 && c < 0x80; })) return text;
  std::string out;
  for (const char c : Json::parse(dump(Json(text))).get<std::string>()) {
    if (c == 0) {
      out += "\xef\xbf\xbd";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<std::string> texts_of(const std::vector<SqlValue>& values) {
  std::vector<std::string> texts;
  for (const SqlValue& value : values) {
    if (const auto* number = std::get_if<std::int64_t>(&value.value())) {
      texts.push_back(std::to_string(*number));
    } else if (const auto* real = std::get_if<double>(&value.value())) {
      texts.push_back(fmt::format("{}", *real));
    } else {
      texts.push_back(keepable(value.text()));
    }
  }
  return texts;
}

ErrorCode code_of(std::string_view state) {
  if (state == "53100") return ErrorCode::no_space;
  if (state == "53200") return ErrorCode::out_of_memory;
  return ErrorCode::io;
}

}  // namespace

void PostgresConnection::Free::operator()(pg_result* result) const noexcept { PQclear(result); }
void PostgresConnection::Free::operator()(pg_conn* connection) const noexcept { PQfinish(connection); }

PostgresConnection::PostgresConnection(const std::string& address) : address_(address), where_(place_of(address)) {
  connect();
}

void PostgresConnection::connect() {
  // What stands before the address may be said otherwise in it.
  constexpr std::array<const char*, 10> names = {"connect_timeout",
                                                 "keepalives_idle",
                                                 "keepalives_interval",
                                                 "keepalives_count",
                                                 "tcp_user_timeout",
                                                 "dbname",
                                                 "fallback_application_name",
                                                 "client_encoding",
                                                 nullptr,
                                                 nullptr};
  const std::array<const char*, 10> values = {"10",         "10",   "5",     "3",    "20000", address_.c_str(),
                                              "pixelforge", "UTF8", nullptr, nullptr};
  connection_.reset();  // before the next: the server counts them
  connection_.reset(PQconnectdbParams(names.data(), values.data(), 1));
  if (connection_ == nullptr) fail(ErrorCode::out_of_memory, "memory ran out");
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw DatabaseLost(Error{ErrorCode::io,
                             fmt::format("cannot be reached: {}", without_line_end(PQerrorMessage(connection_.get()))),
                             where_});
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);  // it would print them
  run_script(kPatience);
}

bool PostgresConnection::is_in_transaction() const {
  const PGTransactionStatusType status = PQtransactionStatus(connection_.get());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

PostgresConnection::Result PostgresConnection::run(std::string_view statement, const std::vector<SqlValue>& values) {
  const std::string text(statement);
  const bool may_try_again = !is_in_transaction();
  if (PQstatus(connection_.get()) != CONNECTION_OK) connect();
  Result result = try_run(text, values);
  if (PQstatus(connection_.get()) != CONNECTION_OK && may_try_again) {
    connect();
    result = try_run(text, values);
  }
  expect_ok(result.get());
  return result;
}

PostgresConnection::Result PostgresConnection::try_run(const std::string& statement,
                                                       const std::vector<SqlValue>& values) {
  const std::vector<std::string> texts = texts_of(values);
  std::vector<const char*> pointers;
  for (std::size_t i = 0; i < values.size(); ++i) pointers.push_back(values[i].is_null() ? nullptr : texts[i].c_str());
  return Result(PQexecParams(connection_.get(), statement.c_str(), static_cast<int>(values.size()), nullptr,
                             pointers.data(), nullptr, nullptr, 0));
}

void PostgresConnection::run_script(std::string_view statements) {
  const Result result(PQexec(connection_.get(), std::string(statements).c_str()));
  expect_ok(result.get());
}

void PostgresConnection::expect_ok(const pg_result* result) const {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return;
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view which = state == nullptr ? "" : state;
  if (which == "55P03") {
    throw Failure(Error{ErrorCode::io, "another process has kept it busy for long; try again when it is done", where_});
  }
  const std::string said = without_line_end(PQerrorMessage(connection_.get()));
  if (PQstatus(connection_.get()) != CONNECTION_OK)
    throw DatabaseLost(Error{ErrorCode::io, "the connection was lost: " + said, where_});
  throw Failure(Error{code_of(which), "refused: " + said, where_});
}

}  // namespace pxf
