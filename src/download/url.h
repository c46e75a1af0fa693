// Addresses, read by libcurl's own parser: what is checked is what is connected to. Two parsers that differ are how
// such checks are passed by.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace pxf {

/// An absolute http or https address without user name and password. Immutable once parsed.
struct Url {
  std::string text;    // whole, as it is asked for
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; that of an IPv6 address without brackets
  std::string port;
  std::string path, query;  // as they are sent, escapes included

  /// "https://example.com:443": who is asked, and so who may see a token.
  std::string origin() const { return scheme + "://" + host + ":" + port; }
  /// For messages and the library: without the query, where signatures and tokens are.
  std::string shown() const;
  bool is_encrypted() const { return scheme == "https"; }
};

/// Error: invalid_argument.
Result<Url> parse_url(const std::string& text);
/// Where a redirect leads, which may be a relative address. Error: bad_file, since a server gave it.
Result<Url> follow(const Url& from, const std::string& location);

/// Text as a part of a path: all but RFC 3986's unreserved characters and, if wanted, slashes is escaped.
std::string url_escaped(std::string_view text, bool keep_slashes = true);
/// The reverse; what is no escape stays.
std::string url_unescaped(std::string_view text);

}  // namespace pxf
