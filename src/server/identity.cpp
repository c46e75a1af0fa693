#include "server/identity.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/base64.h"
#include "base/trimmed.h"
#include "server/routes.h"
#include "service/ids.h"

namespace pxf {
namespace {

constexpr std::string_view kVisitorCookie = "pxf_visitor", kSessionCookie = "pxf_session";
constexpr int kNetworkShare = 4;  // of a visitor's allowance, for all that come from one network: a family, an office
constexpr std::int64_t kYear = 31'536'000, kMonth = 2'592'000;  // seconds

std::string_view cookie_of(const HttpRequest& request, std::string_view name) {
  std::string_view rest = request.header("Cookie");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    const std::string_view one = trimmed(rest.substr(0, end));
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return one.substr(name.size() + 1);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {};
}

std::string cookie(std::string_view name, std::string_view value, std::int64_t seconds, bool is_secure) {
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", name, value, seconds,
                     is_secure ? "; Secure" : "");
}

/// The browser's own connection, which a proxy may have ended.
bool is_secure(const HttpRequest& request, const ServerOptions& options) {
  return options.behind_proxy && request.header("X-Forwarded-Proto") == "https";
}

/// "Bearer KEY", or "Basic" with the key as the password, as A1111's clients can be told.
std::string key_of(const HttpRequest& request) {
  const std::string_view header = request.header("Authorization");
  if (header.starts_with("Bearer ")) return std::string(trimmed(header.substr(7)));
  if (!header.starts_with("Basic ")) return {};
  const auto bytes = bytes_of_base64(header.substr(6));
  if (!bytes) return {};
  const std::string text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const auto colon = text.find(':');
  return colon == std::string::npos ? text : text.substr(colon + 1);
}

std::int64_t steady_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::steady_clock;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

bool Rates::allow(const std::string& name) {
  constexpr std::size_t kMostNames = 50'000;
  const std::int64_t now = steady_ms();
  std::lock_guard lock(mutex_);
  if (buckets_.size() >= kMostNames) forget_full(now);
  Bucket& bucket = buckets_.try_emplace(name, Bucket{at_once_, now}).first->second;
  bucket.left = std::min(at_once_, bucket.left + static_cast<double>(now - bucket.seen) / 1000 * a_second_);
  bucket.seen = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

void Rates::forget_full(std::int64_t now) {
  std::erase_if(buckets_, [&](const auto& one) {
    return one.second.left + static_cast<double>(now - one.second.seen) / 1000 * a_second_ >= at_once_;
  });
}

Identity::Identity(Service& service, const ServerOptions& options) : service_(service), options_(options) {
  if (options.is_public) signing_key_ = service.accounts().secret("visitors");
}

// IPv6 networks are given to households whole, so an address of one says no more than its first 64 bits.
std::string Identity::network_of(const HttpRequest& request) const {
  std::string address = request.remote;
  const std::string_view forwarded = request.header("X-Forwarded-For");
  if (options_.behind_proxy && !forwarded.empty()) {
    const auto comma = forwarded.rfind(',');
    address = trimmed(comma == std::string_view::npos ? forwarded : forwarded.substr(comma + 1));
  }
  if (address.starts_with("::ffff:")) address.erase(0, 7);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  return fmt::format("{:02x}/64", fmt::join(bytes.begin(), bytes.begin() + 8, ""));
}

Caller Identity::visitor(const HttpRequest& request, HttpReply& reply) const {
  const std::string_view sent = cookie_of(request, kVisitorCookie);
  const auto dot = sent.find('.');
  std::string id(sent.substr(0, std::min(dot, sent.size())));
  const bool is_ours =
      dot != std::string_view::npos && is_id(id) && same_secret(sent.substr(dot + 1), signature(signing_key_, id));
  if (!is_ours) {
    id = new_id();
    reply.add_header("Set-Cookie", cookie(kVisitorCookie, fmt::format("{}.{}", id, signature(signing_key_, id)), kYear,
                                          is_secure(request, options_)));
  }
  Caller caller;
  caller.owner = "visitor:" + id;
  caller.name = "visitor";
  caller.is_admin = false;
  caller.is_visitor = true;
  caller.priority = -1;
  caller.limits.largest_side = options_.visitor_side;
  caller.limits.jobs_at_once = options_.visitor_jobs;
  caller.allowances = {{caller.owner, options_.free_pictures},
                       {"network:" + network_of(request), std::int64_t{options_.free_pictures} * kNetworkShare}};
  caller.commercial_only = !options_.any_licence;
  return caller;
}

std::optional<Account> Identity::account_of(const HttpRequest& request) {
  if (const std::string key = key_of(request); !key.empty()) {
    auto account = service_.accounts().by_key(key);
    if (account) return account;
    HttpProblem problem(401, "unknown_key", "this key is not known here");
    problem.headers.emplace_back("WWW-Authenticate", "Bearer");
    throw problem;
  }
  return service_.accounts().by_session(std::string(cookie_of(request, kSessionCookie)));
}

void Identity::recognise(HttpRequest& request, HttpReply& reply) {
  if (!options_.is_public) return;
  if (!requests_.allow(network_of(request))) {
    HttpProblem problem(429, "too_many_requests", "more requests than anybody needs; wait a second");
    problem.headers.emplace_back("Retry-After", "1");
    throw problem;
  }
  const auto account = account_of(request);
  request.caller = std::make_shared<const Caller>(account ? caller_of(*account) : visitor(request, reply));
}

HttpResponse Identity::sign_in(const HttpRequest& request) {
  const Json body = json_body(request);
  check_fields(body, {"name", "password"});
  const auto field = [&](const char* name) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_string()) throw HttpProblem(422, "invalid_argument", "need a string", name);
    return found->get<std::string>();
  };
  const std::string name = field("name"), password = field("password");
  if (!sign_ins_.allow(network_of(request)) || !sign_ins_.allow("name " + name)) {
    HttpProblem problem(429, "too_many_requests", "too many attempts; wait a while");
    problem.headers.emplace_back("Retry-After", "30");
    throw problem;
  }
  const auto account = service_.accounts().by_password(name, password);
  service_.accounts().note(account ? account->id : network_of(request), account ? "signed in" : "failed to sign in",
                           name);
  if (!account) throw HttpProblem(401, "wrong_password", "no user has this name and password");
  HttpResponse response = json_response({{"user", account->name}, {"admin", account->is_admin}});
  response.headers.emplace_back("Set-Cookie", cookie(kSessionCookie, service_.accounts().open_session(*account), kMonth,
                                                     is_secure(request, options_)));
  return response;
}

HttpResponse Identity::sign_out(const HttpRequest& request) {
  service_.accounts().close_session(std::string(cookie_of(request, kSessionCookie)));
  return {.status = 204, .headers = {{"Set-Cookie", cookie(kSessionCookie, "", 0, is_secure(request, options_))}}};
}

void Identity::add_routes(Router& router) {
  if (!options_.is_public) return;
  router.add("POST", "/v1/session", [this](const Call& call) { return sign_in(call.request); });
  router.add("DELETE", "/v1/session", [this](const Call& call) { return sign_out(call.request); });
}

}  // namespace pxf
