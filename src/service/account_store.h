// Users, keys and sessions in the service's database. Thread-safe; throws Failure (see accounts.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json/json.h"
#include "pixelforge/accounts.h"
#include "service/database.h"

namespace pxf {

Json to_json(const Limits& limits);
Limits limits_of(const Json& json);

class AccountStore {
 public:
  explicit AccountStore(SharedDatabase& database) : database_(database) {}

  Account add_user(const std::string& name, const std::string& password, const Limits& limits, bool is_admin,
                   int priority);
  NewKey add_key(const std::string& name, const Limits& limits, bool is_admin, int priority);
  std::vector<Account> list();
  void set_password(const std::string& name, const std::string& password);
  void set_limits(const std::string& name, const Limits& limits);
  void set_priority(const std::string& name, int priority);
  void remove(const std::string& name);

  std::optional<Account> by_key(const std::string& secret);
  /// Takes a tenth of a second and 19 MiB: Argon2id. As long for a name that is not there.
  std::optional<Account> by_password(const std::string& name, const std::string& password);
  /// Gives the token that the browser keeps.
  std::string open_session(const Account& account);
  std::optional<Account> by_session(const std::string& token);
  void close_session(const std::string& token);

  /// The server's own, made when it is first asked for.
  std::string secret(const std::string& name);
  void note(const std::string& who, const std::string& action, const std::string& detail);

 private:
  void insert(const Account& account, const std::string& secret);
  Account named(const std::string& name);
  SharedDatabase& database_;
};

/// HMAC-SHA256 in hexadecimal.
std::string signature(const std::string& key, std::string_view text);
bool same_secret(std::string_view a, std::string_view b);

}  // namespace pxf
