// What a download may reach, and to whom it shows a token.
// - Only https; http where the host is one that may be private, and then only to a private address.
// - Only addresses that the whole world sees the same, unless the host may be private. Judged is the address that is
//   connected to, after names are resolved: a name that leads inwards, now or at the next look, leads nowhere.
// - A token goes to its own origin (scheme, host and port) and nowhere else, redirects included.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "download/url.h"

namespace pxf {

/// Neither private, link-local, loopback, shared, multicast, reserved nor a way around to one of these (IPv4 inside
/// IPv6): the registries of RFC 6890.
bool is_public(const sockaddr_storage& address);
/// The same of a host that is written as a number; any name is public by this.
bool is_public_literal(const std::string& host);
/// "192.168.0.7".
std::string address_text(const sockaddr_storage& address);

struct Token {
  std::string origin;    // Url::origin()
  std::string secret;    // empty: none is set
  std::string variable;  // of the environment, where it comes from
};

struct Access {
  std::vector<std::string> private_hosts;  // that the user has named and allowed
  std::vector<Token> tokens;

  bool may_be_private(const std::string& host) const {
    return std::ranges::find(private_hosts, host) != private_hosts.end();
  }
  /// What can be said before a name is resolved. Errors: invalid_argument.
  Status check(const Url& url) const;
  /// Why not, or nothing.
  std::string refusal(const Url& url, const sockaddr_storage& address) const;
  const Token* token_of(const Url& url) const;
};

}  // namespace pxf
