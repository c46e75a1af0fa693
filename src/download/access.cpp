#include "download/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace pxf {
namespace {

using Address6 = std::array<std::uint8_t, 16>;

struct Block4 {
  std::uint32_t network;
  int bits;
};

constexpr std::uint32_t ip4(unsigned a, unsigned b, unsigned c, unsigned d) { return a << 24 | b << 16 | c << 8 | d; }

// IANA's registry of special-purpose IPv4 addresses, and multicast.
constexpr Block4 kSpecial4[] = {
    {ip4(0, 0, 0, 0), 8},      {ip4(10, 0, 0, 0), 8},     {ip4(100, 64, 0, 0), 10}, {ip4(127, 0, 0, 0), 8},
    {ip4(169, 254, 0, 0), 16}, {ip4(172, 16, 0, 0), 12},  {ip4(192, 0, 0, 0), 24},  {ip4(192, 0, 2, 0), 24},
    {ip4(192, 88, 99, 0), 24}, {ip4(192, 168, 0, 0), 16}, {ip4(198, 18, 0, 0), 15}, {ip4(198, 51, 100, 0), 24},
    {ip4(203, 0, 113, 0), 24}, {ip4(224, 0, 0, 0), 4},    {ip4(240, 0, 0, 0), 4},
};

bool is_public4(std::uint32_t address) {
  return std::ranges::none_of(
      kSpecial4, [&](const Block4& block) { return ((address ^ block.network) >> (32 - block.bits)) == 0; });
}

std::uint32_t ip4_at(const Address6& address, std::size_t at) {
  return ip4(address[at], address[at + 1], address[at + 2], address[at + 3]);
}

bool begins(const Address6& address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

// Only 2000::/3 is handed out to be reached from everywhere; some of it, and NAT64's prefix, stands for IPv4 addresses.
bool is_public6(const Address6& address) {
  if (begins(address, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return is_public4(ip4_at(address, 12));     // mapped
  if (begins(address, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return is_public4(ip4_at(address, 12));  // NAT64
  if ((address[0] & 0xe0) != 0x20) return false;
  if (begins(address, {0x20, 0x02})) return is_public4(ip4_at(address, 2));  // 6to4
  if (begins(address, {0x20, 0x01, 0x0d, 0xb8})) return false;               // documentation
  if (begins(address, {0x20, 0x01}) && address[2] < 2) return false;         // Teredo, ORCHID and the like
  return !(begins(address, {0x3f, 0xff}) && (address[2] & 0xf0) == 0);       // documentation, RFC 9637
}

}  // namespace

bool is_public(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return is_public4(ntohl(reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr));
  }
  if (address.ss_family != AF_INET6) return false;
  Address6 bytes{};
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr, bytes.size());
  return is_public6(bytes);
}

bool is_public_literal(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return false;  // RFC 6761
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return is_public4(ntohl(v4.s_addr));
  Address6 v6{};
  return ::inet_pton(AF_INET6, host.c_str(), v6.data()) != 1 || is_public6(v6);
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
  const void* bytes = address.ss_family == AF_INET ? static_cast<const void*>(&v4->sin_addr) : &v6->sin6_addr;
  ::inet_ntop(address.ss_family, bytes, text.data(), text.size());
  return text.data();
}

Status Access::check(const Url& url) const {
  const bool inside = may_be_private(url.host);
  if (!url.is_encrypted() && !inside) {
    return Error{ErrorCode::invalid_argument,
                 "got http, need https; http is for a host of your own network, with --allow-private", url.shown()};
  }
  if (!inside && !is_public_literal(url.host)) {
    return Error{
        ErrorCode::invalid_argument,
        fmt::format("{} is an address of this machine or network; name it yourself, with --allow-private", url.host),
        url.shown()};
  }
  return Done{};
}

std::string Access::refusal(const Url& url, const sockaddr_storage& address) const {
  const bool outside = is_public(address);
  if (!outside && !may_be_private(url.host)) {
    return fmt::format("{} is at {}, which is of this machine or network; try --allow-private if that is meant",
                       url.host, address_text(address));
  }
  if (outside && !url.is_encrypted()) {
    return fmt::format("{} is at {}, which is not of your own network; need https", url.host, address_text(address));
  }
  return {};
}

const Token* Access::token_of(const Url& url) const {
  const std::string origin = url.origin();
  const auto it = std::ranges::find(tokens, origin, &Token::origin);
  return it == tokens.end() ? nullptr : &*it;
}

}  // namespace pxf
