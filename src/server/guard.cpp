#include "server/guard.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/trimmed.h"

namespace pxf {
namespace {

/// Without its port; of "[::1]:80" what stands in the brackets.
std::string_view name_of_host(std::string_view host) {
  if (host.starts_with('['))
    return host.substr(1, host.find(']') == std::string_view::npos ? host.size() : host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool is_address(std::string_view name) {
  const std::string text(name);
  in6_addr parsed{};
  return inet_pton(AF_INET, text.c_str(), &parsed) == 1 || inet_pton(AF_INET6, text.c_str(), &parsed) == 1;
}

}  // namespace

Guard::Guard(const std::string& host_names) {
  std::string_view rest = host_names;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    if (const std::string_view name = trimmed(rest.substr(0, end)); !name.empty()) names_.emplace_back(name);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  any_ = std::ranges::find(names_, "*") != names_.end();
}

bool Guard::is_known(std::string_view host) const {
  const std::string_view name = name_of_host(host);
  return any_ || name == "localhost" || name.ends_with(".localhost") || is_address(name) ||
         std::ranges::find(names_, name) != names_.end();
}

std::optional<HttpProblem> Guard::refusal(const HttpRequest& request) const {
  const std::string_view host = request.header("Host");
  if (!is_known(host)) {
    return HttpProblem(
        403, "forbidden",
        fmt::format("\"{}\" is no name of this server; start it with --host-name {}", host, name_of_host(host)));
  }
  if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") return std::nullopt;
  std::string_view origin = request.header("Origin");
  const bool is_cross = request.header("Sec-Fetch-Site") == "cross-site";
  if (origin.empty() && !is_cross) return std::nullopt;  // no browser
  if (const auto scheme = origin.find("://"); scheme != std::string_view::npos) origin.remove_prefix(scheme + 3);
  if (!is_cross && origin == host) return std::nullopt;
  return HttpProblem(403, "forbidden", "a page of another site may not change anything here");
}

}  // namespace pxf
