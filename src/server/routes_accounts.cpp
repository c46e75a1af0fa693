// Users and keys of a public server, for administrators. Who changed what is in the audit log.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "server/body_fields.h"
#include "server/routes.h"
#include "service/ids.h"

namespace pxf {
namespace {

const char* kind_name(AccountKind kind) { return kind == AccountKind::key ? "key" : "user"; }

std::string kind_and_name(const Account& account) {
  return fmt::format("{} \"{}\"", kind_name(account.kind), account.name);
}

Json registered_json(const Account& account) {
  return {{"id", account.id},
          {"name", account.name},
          {"kind", kind_name(account.kind)},
          {"admin", account.is_admin},
          {"priority", account.priority},
          {"limits", to_json(account.limits)},
          {"created", rfc3339(account.created * 1000)},
          {"last_used", account.last_used == 0 ? Json() : Json(rfc3339(account.last_used * 1000))}};
}

Account account_or_problem(Service& service, const std::string& id) {
  const auto all = service.accounts().list();
  const auto found = std::ranges::find(all, id, &Account::id);
  if (found == all.end()) throw HttpProblem(404, "not_found", fmt::format("account \"{}\": there is none", id));
  return *found;
}

std::optional<int> priority_of(const Json& body) { return whole_in(body, "priority", -1000, 1000); }

Limits checked_limits(const Json& limits) {
  if (!limits.is_object()) refuse_value("an object", "limits");
  check_fields(limits, {"pictures_per_day", "megapixel_steps_per_day", "jobs_at_once", "largest_side", "checkpoints"});
  for (const auto& [name, value] : limits.items()) {
    if (value.is_null()) continue;
    const std::string field = "limits." + name;
    if (name == "checkpoints") {
      if (!value.is_array() || !std::ranges::all_of(value, &Json::is_string)) refuse_value("a list of names", field);
    } else if (!value.is_number_integer() || value < 0 || value > std::numeric_limits<int>::max()) {
      refuse_value("a whole number, or null for no limit", field);
    }
  }
  Json said = limits;
  if (said_in(said, "checkpoints") == nullptr) said.erase("checkpoints");
  return limits_of(said);
}

HttpResponse add_account(Service& service, const HttpRequest& request) {
  const Json body = json_body(request);
  check_fields(body, {"kind", "name", "password", "admin", "priority", "limits"});
  const std::string kind = text_in(body, "kind"), name = text_in(body, "name"), password = text_in(body, "password");
  if (kind != "key" && kind != "user") refuse_value("\"key\" or \"user\"", "kind");
  if (kind == "key" && !password.empty()) refuse_value("no password: a key is one", "password");
  const Json* said = said_in(body, "limits");
  const Limits limits = said == nullptr ? Limits() : checked_limits(*said);
  const int priority = priority_of(body).value_or(0);
  const bool is_admin = flag_in(body, "admin");
  AccountStore& accounts = service.accounts();
  NewKey made;
  if (kind == "key") {
    made = accounts.add_key(name, limits, is_admin, priority);
  } else {
    made.account = accounts.add_user(name, password, limits, is_admin, priority);
  }
  accounts.note(caller_of(request).owner, is_admin ? "added an administrator" : "added", kind_and_name(made.account));
  Json out = registered_json(made.account);
  if (!made.secret.empty()) out["secret"] = made.secret;
  HttpResponse response = json_response(out, 201);
  response.headers.emplace_back("Location", "/v1/accounts/" + made.account.id);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse change_account(Service& service, const Call& call) {
  const Account account = account_or_problem(service, call.at("id"));
  const Json body = json_body(call.request);
  check_fields(body, {"password", "priority", "limits"});
  const std::string password = text_in(body, "password");
  const std::optional<int> priority = priority_of(body);
  const Json* said = said_in(body, "limits");
  const std::optional<Limits> limits = said == nullptr ? std::nullopt : std::optional(checked_limits(*said));
  AccountStore& accounts = service.accounts();
  if (!password.empty()) accounts.set_password(account.name, password);  // first: it may be refused
  if (limits) accounts.set_limits(account.name, *limits);
  if (priority) accounts.set_priority(account.name, *priority);
  accounts.note(caller_of(call.request).owner, password.empty() ? "changed" : "changed, with its password",
                kind_and_name(account));
  return json_response(registered_json(account_or_problem(service, account.id)));
}

HttpResponse remove_account(Service& service, const Call& call) {
  const Account account = account_or_problem(service, call.at("id"));
  if (account.id == caller_of(call.request).owner)
    throw HttpProblem(409, "invalid_argument", "this is the account that asks; another administrator may remove it");
  service.accounts().remove(account.name);
  service.accounts().note(caller_of(call.request).owner, "removed", kind_and_name(account));
  return {.status = 204};
}

}  // namespace

void add_account_routes(Router& router, Site& site) {
  Service& service = site.service;
  const auto by_admin = [](auto answer) {
    return [answer](const Call& call) {
      admin_or_problem(call.request);
      return answer(call);
    };
  };
  router.add("GET", "/v1/accounts", by_admin([&](const Call&) {
               Json data = Json::array();
               for (const Account& account : service.accounts().list()) data.push_back(registered_json(account));
               return json_response({{"data", data}});
             }));
  router.add("POST", "/v1/accounts", by_admin([&](const Call& call) { return add_account(service, call.request); }));
  router.add("PATCH", "/v1/accounts/{id}", by_admin([&](const Call& call) { return change_account(service, call); }));
  router.add("DELETE", "/v1/accounts/{id}", by_admin([&](const Call& call) { return remove_account(service, call); }));
}

}  // namespace pxf
