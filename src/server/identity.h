// Who a request comes from: an account by its key or session, else a visitor by a cookie of ours and the network the
// request comes from. A server that is not public knows one caller alone, and asks nothing.
// Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "pixelforge/server.h"
#include "server/http.h"
#include "server/router.h"
#include "service/service.h"

namespace pxf {

/// So many at once, and so many a second in the long run, for each name.
class Rates {
 public:
  Rates(double at_once, double a_second) : at_once_(at_once), a_second_(a_second) {}
  bool allow(const std::string& name);

 private:
  struct Bucket {
    double left;
    std::int64_t seen;
  };
  void forget_full(std::int64_t now);
  const double at_once_, a_second_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

class Identity {
 public:
  Identity(Service& service, const ServerOptions& options);

  /// Sets request.caller; gives a visitor without one the cookie. Throws HttpProblem: 401 for a key that is none, 429
  /// for more requests than anybody needs.
  void recognise(HttpRequest& request, HttpReply& reply);

  /// POST /v1/session {"name", "password"}, DELETE /v1/session.
  void add_routes(Router& router);

 private:
  std::string network_of(const HttpRequest& request) const;
  Caller visitor(const HttpRequest& request, HttpReply& reply) const;
  std::optional<Account> account_of(const HttpRequest& request);
  HttpResponse sign_in(const HttpRequest& request);
  HttpResponse sign_out(const HttpRequest& request);

  Service& service_;
  ServerOptions options_;
  std::string signing_key_;
  Rates requests_{300, 50}, sign_ins_{5, 0.1};
};

}  // namespace pxf
