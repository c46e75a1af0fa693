#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/plain_text.h"
#include "cli/print_json.h"
#include "cli/verbs.h"
#include "pixelforge/accounts.h"

namespace pxf::cli {
namespace {

struct AccountArguments {
  AccountKind kind = AccountKind::user;
  std::string name, database;
  Limits limits;
  bool is_admin = false, json = false;
  int priority = 0;
};

/// Nothing typed shows on the terminal as long as this lives.
class SilentTerminal {
 public:
  SilentTerminal() {
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_terminal_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &silent);
  }
  ~SilentTerminal() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;
  bool is_terminal() const { return is_terminal_; }

 private:
  termios before_{};
  bool is_terminal_ = false;
};

/// A line of standard input: a password on the command line would stand in everybody's list of processes.
std::string read_password(const std::string& name) {
  const SilentTerminal silent;
  if (silent.is_terminal()) fmt::print(stderr, "password of {}: ", printable(name));
  std::string password;
  std::getline(std::cin, password);
  if (silent.is_terminal()) fmt::print(stderr, "\n");
  return password;
}

std::string number_or_all(const std::optional<std::int64_t>& limit) { return limit ? std::to_string(*limit) : "any"; }

Json account_json(const Account& account) {
  const Limits& limits = account.limits;
  const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(); };
  return {{"name", account.name},
          {"kind", account.kind == AccountKind::key ? "key" : "user"},
          {"admin", account.is_admin},
          {"priority", account.priority},
          {"pictures_per_day", or_null(limits.pictures_per_day)},
          {"megapixel_steps_per_day", or_null(limits.megapixel_steps_per_day)},
          {"jobs_at_once", or_null(limits.jobs_at_once)},
          {"largest_side", or_null(limits.largest_side)},
          {"checkpoints", limits.checkpoints},
          {"created", account.created},
          {"last_used", account.last_used}};
}

Status add(const AccountArguments& a) {
  auto accounts = Accounts::open({}, a.database);
  if (!accounts) return std::move(accounts).error();
  if (a.kind == AccountKind::user) {
    const auto user = accounts.value().add_user(a.name, read_password(a.name), a.limits, a.is_admin, a.priority);
    if (!user) return user.error();
    if (a.json) print_json(account_json(user.value()));
    return Done{};
  }
  const auto key = accounts.value().add_key(a.name, a.limits, a.is_admin, a.priority);
  if (!key) return key.error();
  if (!a.json) {
    fmt::print("{}\n", key.value().secret);
    fmt::print(stderr, "keep it: it is not shown again\n");
    return Done{};
  }
  Json out = account_json(key.value().account);
  out["secret"] = key.value().secret;
  print_json(out);
  return Done{};
}

Status list_accounts(const AccountArguments& a) {
  auto accounts = Accounts::open({}, a.database);
  if (!accounts) return std::move(accounts).error();
  auto all = accounts.value().list();
  if (!all) return std::move(all).error();
  std::erase_if(all.value(), [&](const Account& account) { return account.kind != a.kind; });
  std::vector<std::vector<std::string>> rows = {{"NAME", "PICTURES A DAY", "AT ONCE", "LARGEST SIDE", "ADMIN"}};
  Json json = Json::array();
  for (const Account& account : all.value()) {
    const Limits& limits = account.limits;
    rows.push_back({printable(account.name), number_or_all(limits.pictures_per_day), number_or_all(limits.jobs_at_once),
                    number_or_all(limits.largest_side), account.is_admin ? "yes" : ""});
    json.push_back(account_json(account));
  }
  if (a.json) {
    print_json({{a.kind == AccountKind::key ? "keys" : "users", json}});
  } else {
    fmt::print("{}", table(rows, rows[0].size()));
  }
  return Done{};
}

Status remove(const AccountArguments& a) {
  auto accounts = Accounts::open({}, a.database);
  return accounts ? accounts.value().remove(a.name) : Status(std::move(accounts).error());
}

Status change_password(const AccountArguments& a) {
  auto accounts = Accounts::open({}, a.database);
  return accounts ? accounts.value().set_password(a.name, read_password(a.name)) : Status(std::move(accounts).error());
}

template <class T>
void add_limit(CLI::App& app, const std::string& flag, std::optional<T>& target, const std::string& help) {
  add_value(app, flag, target, parse_number<T>, "a whole number", help)->type_name("N");
}

using Action = Status (*)(const AccountArguments&);

struct Actions {
  std::vector<std::pair<CLI::App*, Action>> all;
  void add(CLI::App& verb, AccountArguments& a, const char* name, const char* help, Action action, bool named) {
    CLI::App* app = verb.add_subcommand(name, help);
    if (named) app->add_option("name", a.name, "Its name")->required();
    add_database(*app, a.database);
    app->add_flag("--json", a.json, "Print what was done as JSON");
    all.emplace_back(app, action);
  }
};

void add_limits(CLI::App& app, AccountArguments& a) {
  add_limit(app, "--pictures", a.limits.pictures_per_day, "Pictures a day (default: any number)");
  add_limit(app, "--megapixel-steps", a.limits.megapixel_steps_per_day,
            "Megapixels times steps a day (default: any number)");
  add_limit(app, "--jobs", a.limits.jobs_at_once, "Jobs that wait or run at once (default: any number)");
  add_limit(app, "--side", a.limits.largest_side, "Pixels of a picture's longer side (default: any)");
  app.add_option("--checkpoint", a.limits.checkpoints,
                 "Checkpoint that may be used; may be given several times (default: all)")
      ->type_name("NAME")
      ->allow_extra_args(false);
  add_value(app, "--priority", a.priority, parse_number<int>, "a whole number",
            "Of its jobs; higher goes first (default: 0)")
      ->type_name("N");
  app.add_flag("--admin", a.is_admin, "It may change models, and sees the pictures of all");
}

Verb add_accounts(CLI::App& program, AccountKind kind, const char* name, const char* help, const char* footer) {
  const auto arguments = std::make_shared<AccountArguments>();
  arguments->kind = kind;
  const auto actions = std::make_shared<Actions>();
  CLI::App* app = program.add_subcommand(name, help);
  app->require_subcommand(1);
  actions->add(*app, *arguments, "add", "Make one", add, true);
  add_limits(*actions->all.back().first, *arguments);
  actions->add(*app, *arguments, "list", "List them", list_accounts, false);
  actions->add(*app, *arguments, "rm", "Remove one; its pictures stay", remove, true);
  if (kind == AccountKind::user)
    actions->add(*app, *arguments, "passwd", "Set another password", change_password, true);
  app->footer(footer);
  return {app, [arguments, actions]() -> Status {
            for (const auto& [action, run] : actions->all) {
              if (action->parsed()) return run(*arguments);
            }
            return Done{};
          }};
}

}  // namespace

Verb add_key(CLI::App& program) {
  return add_accounts(program, AccountKind::key, "key", "Keys for programs that use a public server",
                      "A client sends it as \"Authorization: Bearer KEY\", or as the password of HTTP Basic.\n\n"
                      "Examples:\n"
                      "  pixelforge key add \"photo booth\" --pictures 500 --jobs 4\n"
                      "  pixelforge key list\n"
                      "  pixelforge key rm \"photo booth\"");
}

Verb add_user(CLI::App& program) {
  return add_accounts(program, AccountKind::user, "user", "People with a password on a public server",
                      "The password is read from standard input.\n\n"
                      "Examples:\n"
                      "  pixelforge user add ann --admin\n"
                      "  pixelforge user add bob --pictures 100 --side 1024\n"
                      "  pixelforge user passwd bob");
}

}  // namespace pxf::cli
