#include "service/account_store.h"

#include <argon2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/error.h"
#include "service/ids.h"
#include "store/file_hash.h"
#include "store/home.h"

namespace pxf {
namespace {

// OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
constexpr std::uint32_t kArgonMemory = 19 * 1024, kArgonPasses = 2, kArgonLanes = 1;
constexpr std::size_t kShortestPassword = 10, kLongestPassword = 1024, kLongestName = 80;
constexpr std::int64_t kSession = 30LL * 86'400'000;
constexpr std::string_view kAccountColumns = "id, name, kind, admin, priority, limits, created, last_used";
constexpr std::string_view kKeyPrefix = "pxf_";

using Digest = std::array<unsigned char, 32>;

std::string hex(const Digest& digest) { return fmt::format("{:02x}", fmt::join(digest, "")); }

/// Of a secret whose bits are all chance.
std::string hash_of(std::string_view secret) { return value_or_throw(sha256_of(std::as_bytes(std::span(secret)))); }

std::string argon2(const std::string& password) {
  const std::string salt = random_hex(8);
  std::array<char, 256> encoded{};
  const int failed = argon2id_hash_encoded(kArgonPasses, kArgonMemory, kArgonLanes, password.data(), password.size(),
                                           salt.data(), salt.size(), 32, encoded.data(), encoded.size());
  if (failed != ARGON2_OK)
    fail(ErrorCode::out_of_memory, "a password cannot be kept: {}", argon2_error_message(failed));
  return encoded.data();
}

void check_password(const std::string& password) {
  require(password.size() >= kShortestPassword && password.size() <= kLongestPassword,
          "password: got {} characters, need {} to {}", password.size(), kShortestPassword, kLongestPassword);
}

void check_account_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= kLongestName &&
                    std::ranges::none_of(name, [](unsigned char c) { return c < 0x20 || c == ':' || c == 0x7f; });
  require(fits, "name: got \"{}\", need 1 to {} characters without a colon", name, kLongestName);
}

Account account_of(const SqlRow& row) {
  Account account;
  account.id = row[0].text();
  account.name = row[1].text();
  account.kind = row[2].text() == "key" ? AccountKind::key : AccountKind::user;
  account.is_admin = row[3].whole() != 0;
  account.priority = static_cast<int>(row[4].whole());
  account.limits = limits_of(Json::parse(row[5].text()));
  account.created = row[6].whole() / 1000;
  account.last_used = row[7].whole() / 1000;
  return account;
}

template <class T>
void read_limit(const Json& json, const char* name, std::optional<T>& into) {
  if (const auto found = json.find(name); found != json.end() && found->is_number_integer()) into = found->get<T>();
}

}  // namespace

std::string signature(const std::string& key, std::string_view text) {
  Digest digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), nullptr);
  return hex(digest);
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Json to_json(const Limits& limits) {
  Json json = Json::object();
  if (limits.pictures_per_day) json["pictures_per_day"] = *limits.pictures_per_day;
  if (limits.megapixel_steps_per_day) json["megapixel_steps_per_day"] = *limits.megapixel_steps_per_day;
  if (limits.jobs_at_once) json["jobs_at_once"] = *limits.jobs_at_once;
  if (limits.largest_side) json["largest_side"] = *limits.largest_side;
  if (!limits.checkpoints.empty()) json["checkpoints"] = limits.checkpoints;
  return json;
}

Limits limits_of(const Json& json) {
  Limits limits;
  read_limit(json, "pictures_per_day", limits.pictures_per_day);
  read_limit(json, "megapixel_steps_per_day", limits.megapixel_steps_per_day);
  read_limit(json, "jobs_at_once", limits.jobs_at_once);
  read_limit(json, "largest_side", limits.largest_side);
  if (const auto found = json.find("checkpoints"); found != json.end())
    limits.checkpoints = found->get<std::vector<std::string>>();
  return limits;
}

void AccountStore::insert(const Account& account, const std::string& secret) {
  database_.at_once([&](Sql& sql) {
    if (!sql.rows("SELECT 1 FROM accounts WHERE name = $1", {account.name}).empty()) {
      fail(ErrorCode::invalid_argument, "name: \"{}\" is taken", account.name);
    }
    sql.change(
        "INSERT INTO accounts (id, name, kind, secret, admin, priority, limits, created) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {account.id, account.name, account.kind == AccountKind::key ? "key" : "user", secret, account.is_admin,
         account.priority, dump(to_json(account.limits)), account.created * 1000});
  });
}

namespace {

Account new_account(const std::string& name, AccountKind kind, const Limits& limits, bool is_admin, int priority) {
  check_account_name(name);
  return {new_id(), name, kind, is_admin, priority, limits, now_ms() / 1000, 0};
}

}  // namespace

Account AccountStore::add_user(const std::string& name, const std::string& password, const Limits& limits,
                               bool is_admin, int priority) {
  check_password(password);
  const Account account = new_account(name, AccountKind::user, limits, is_admin, priority);
  insert(account, argon2(password));
  return account;
}

NewKey AccountStore::add_key(const std::string& name, const Limits& limits, bool is_admin, int priority) {
  const NewKey key{new_account(name, AccountKind::key, limits, is_admin, priority),
                   std::string(kKeyPrefix) + random_hex(24)};
  insert(key.account, hash_of(key.secret));
  return key;
}

std::vector<Account> AccountStore::list() {
  const auto rows = database_.look(
      [](Sql& sql) { return sql.rows(fmt::format("SELECT {} FROM accounts ORDER BY name", kAccountColumns)); });
  std::vector<Account> out;
  std::ranges::transform(rows, std::back_inserter(out), account_of);
  return out;
}

Account AccountStore::named(const std::string& name) {
  const auto rows = database_.look([&](Sql& sql) {
    return sql.rows(fmt::format("SELECT {} FROM accounts WHERE name = $1", kAccountColumns), {name});
  });
  if (rows.empty()) fail(ErrorCode::not_found, "there is no user or key \"{}\"", name);
  return account_of(rows[0]);
}

void AccountStore::set_password(const std::string& name, const std::string& password) {
  check_password(password);
  const Account account = named(name);
  require(account.kind == AccountKind::user, "\"{}\" is a key, which has no password; make another key", name);
  const std::string secret = argon2(password);
  database_.at_once([&](Sql& sql) {
    sql.change("UPDATE accounts SET secret = $2 WHERE id = $1", {account.id, secret});
    sql.change("DELETE FROM sessions WHERE account = $1", {account.id});
  });
}

void AccountStore::set_limits(const std::string& name, const Limits& limits) {
  const Account account = named(name);
  database_.with([&](Sql& sql) {
    sql.change("UPDATE accounts SET limits = $2 WHERE id = $1", {account.id, dump(to_json(limits))});
  });
}

void AccountStore::set_priority(const std::string& name, int priority) {
  const Account account = named(name);
  database_.with([&](Sql& sql) {
    sql.change("UPDATE accounts SET priority = $2 WHERE id = $1", {account.id, priority});
  });
}

void AccountStore::remove(const std::string& name) {
  const Account account = named(name);
  database_.at_once([&](Sql& sql) {
    sql.change("DELETE FROM sessions WHERE account = $1", {account.id});
    sql.change("DELETE FROM accounts WHERE id = $1", {account.id});
  });
}

std::optional<Account> AccountStore::by_key(const std::string& secret) {
  if (!secret.starts_with(kKeyPrefix)) return std::nullopt;
  const auto rows = database_.look([&](Sql& sql) {
    return sql.rows(fmt::format("SELECT {} FROM accounts WHERE secret = $1 AND kind = 'key'", kAccountColumns),
                    {hash_of(secret)});
  });
  if (rows.empty()) return std::nullopt;
  const std::int64_t now = now_ms();
  constexpr std::int64_t kMinute = 60'000;  // a write for each request would be too many
  if (now - rows[0][7].whole() > kMinute) {
    database_.with([&](Sql& sql) {
      sql.change("UPDATE accounts SET last_used = $2 WHERE id = $1", {rows[0][0], now});
    });
  }
  return account_of(rows[0]);
}

std::optional<Account> AccountStore::by_password(const std::string& name, const std::string& password) {
  static const std::string nobody = argon2("nobody's password");
  const auto rows = database_.look([&](Sql& sql) {
    return sql.rows(fmt::format("SELECT {}, secret FROM accounts WHERE name = $1 AND kind = 'user'", kAccountColumns),
                    {name});
  });
  if (password.size() > kLongestPassword) return std::nullopt;
  const std::string secret = rows.empty() ? nobody : rows[0][8].text();
  const bool fits = argon2id_verify(secret.c_str(), password.data(), password.size()) == ARGON2_OK;
  if (!fits || rows.empty()) return std::nullopt;
  return account_of(rows[0]);
}

std::string AccountStore::open_session(const Account& account) {
  std::string token = random_hex(32);
  database_.at_once([&](Sql& sql) {
    const std::int64_t now = now_ms();
    sql.change("DELETE FROM sessions WHERE expires < $1", {now});
    sql.change("INSERT INTO sessions (token, account, expires) VALUES ($1, $2, $3)",
               {hash_of(token), account.id, now + kSession});
    sql.change("UPDATE accounts SET last_used = $2 WHERE id = $1", {account.id, now});
  });
  return token;
}

std::optional<Account> AccountStore::by_session(const std::string& token) {
  if (token.empty()) return std::nullopt;
  const auto rows = database_.look([&](Sql& sql) {
    return sql.rows(fmt::format("SELECT {} FROM accounts WHERE id = (SELECT account FROM sessions WHERE token = $1 AND "
                                "expires > $2)",
                                kAccountColumns),
                    {hash_of(token), now_ms()});
  });
  if (rows.empty()) return std::nullopt;
  return account_of(rows[0]);
}

void AccountStore::close_session(const std::string& token) {
  database_.with([&](Sql& sql) { sql.change("DELETE FROM sessions WHERE token = $1", {hash_of(token)}); });
}

std::string AccountStore::secret(const std::string& name) {
  return database_.at_once([&](Sql& sql) {
    sql.change("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
               {name, random_hex(32)});
    return sql.rows("SELECT value FROM settings WHERE name = $1", {name})[0][0].text();
  });
}

void AccountStore::note(const std::string& who, const std::string& action, const std::string& detail) {
  database_.with([&](Sql& sql) {
    sql.change("INSERT INTO audit (id, who, action, detail) VALUES ($1, $2, $3, $4)", {new_id(), who, action, detail});
  });
}

// The same for programs that manage accounts while no server, or another process, has the database.

struct Accounts::State {
  State(const std::filesystem::path& home, const std::string& address) : database(open_database(address, home)) {}
  SharedDatabase database;
  AccountStore store{database};
};

Accounts::Accounts(std::unique_ptr<State> state) : state_(std::move(state)) {}
Accounts::Accounts(Accounts&&) noexcept = default;
Accounts& Accounts::operator=(Accounts&&) noexcept = default;
Accounts::~Accounts() = default;

Result<Accounts> Accounts::open(const std::filesystem::path& home, const std::string& database) {
  return catch_errors(
      [&] { return Accounts(std::make_unique<State>(home.empty() ? library_home() : home, database)); });
}

Result<Account> Accounts::add_user(const std::string& name, const std::string& password, const Limits& limits,
                                   bool is_admin, int priority) {
  return catch_errors([&] { return state_->store.add_user(name, password, limits, is_admin, priority); });
}

Result<NewKey> Accounts::add_key(const std::string& name, const Limits& limits, bool is_admin, int priority) {
  return catch_errors([&] { return state_->store.add_key(name, limits, is_admin, priority); });
}

Result<std::vector<Account>> Accounts::list() {
  return catch_errors([&] { return state_->store.list(); });
}

Status Accounts::set_password(const std::string& name, const std::string& password) {
  return catch_errors([&] { return state_->store.set_password(name, password), Done{}; });
}

Status Accounts::set_limits(const std::string& name, const Limits& limits) {
  return catch_errors([&] { return state_->store.set_limits(name, limits), Done{}; });
}

Status Accounts::set_priority(const std::string& name, int priority) {
  return catch_errors([&] { return state_->store.set_priority(name, priority), Done{}; });
}

Status Accounts::remove(const std::string& name) {
  return catch_errors([&] { return state_->store.remove(name), Done{}; });
}

}  // namespace pxf
