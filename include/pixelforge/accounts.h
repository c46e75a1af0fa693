// Who may use a public server, and how much: users with a password, keys for programs. Kept in the server's database;
// a server that runs sees changes at once.
//
//   pxf::Accounts accounts(home);
//   auto key = accounts.add_key("photo booth", {.pictures_per_day = 500});
//   ... key.value().secret ...   // shown once, only its hash is kept
//
// Errors of all: io, no_space, bad_file; not_found for a name that is not there. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pixelforge/error.h"

namespace pxf {

struct Limits {
  std::optional<std::int64_t> pictures_per_day = {};         // none: no limit, as with the others
  std::optional<std::int64_t> megapixel_steps_per_day = {};  // a picture of 1024x1024 in 20 steps is 20
  std::optional<int> jobs_at_once = {};                      // that wait or run
  std::optional<int> largest_side = {};                      // pixels, after the hires fix
  std::vector<std::string> checkpoints = {};                 // empty: all
};

enum class AccountKind : std::uint8_t { user, key };

struct Account {
  std::string id, name;
  AccountKind kind = AccountKind::user;
  bool is_admin = false;  // may change models and see everything
  int priority = 0;       // of its jobs in the queue; higher goes first
  Limits limits;
  std::int64_t created = 0, last_used = 0;  // seconds since 1970; 0: never
};

struct NewKey {
  Account account;
  std::string secret;  // "pxf_...": for "Authorization: Bearer", or as the password of HTTP Basic
};

class Accounts {
 public:
  /// `home` empty: that of the library; `database`: as of ServerOptions. Creates the database if need be.
  static Result<Accounts> open(const std::filesystem::path& home = {}, const std::string& database = {});
  Accounts(Accounts&&) noexcept;
  Accounts& operator=(Accounts&&) noexcept;
  ~Accounts();

  /// Errors: invalid_argument for a name that is taken or impossible, or a password shorter than 10 characters.
  Result<Account> add_user(const std::string& name, const std::string& password, const Limits& limits = {},
                           bool is_admin = false, int priority = 0);
  Result<NewKey> add_key(const std::string& name, const Limits& limits = {}, bool is_admin = false, int priority = 0);
  /// By name.
  Result<std::vector<Account>> list();
  Status set_password(const std::string& name, const std::string& password);
  Status set_limits(const std::string& name, const Limits& limits);
  Status set_priority(const std::string& name, int priority);
  /// Its pictures stay.
  Status remove(const std::string& name);

  struct State;  // of the implementation

 private:
  explicit Accounts(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pxf
