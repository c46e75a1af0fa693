#include "service/ids.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <vector>

#include "base/error.h"

namespace pxf {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kLength = 26;

std::vector<unsigned char> random_bytes(std::size_t count) {
  std::vector<unsigned char> bytes(count);
  if (RAND_bytes(bytes.data(), static_cast<int>(count)) != 1) fail(ErrorCode::io, "the system gives no random numbers");
  return bytes;
}

}  // namespace

std::int64_t now_ms() {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

// Two ids of one millisecond would sort by chance: the second gets the next one's time.
std::string new_id() {
  constexpr int kTimeDigits = 10;
  static std::atomic<std::int64_t> last{0};
  std::int64_t before = last.load(), time = 0;
  do time = std::max(now_ms(), before + 1);
  while (!last.compare_exchange_weak(before, time));
  std::string id;
  for (int i = kTimeDigits - 1; i >= 0; --i) id += kDigits[static_cast<std::size_t>(time >> (5 * i)) & 31];
  for (const unsigned char byte : random_bytes(kLength - kTimeDigits)) id += kDigits[byte & 31];
  return id;
}

bool is_id(std::string_view text) {
  return text.size() == kLength &&
         std::ranges::all_of(text, [](char c) { return kDigits.find(c) != std::string_view::npos; });
}

std::string random_hex(int bytes) {
  const std::vector<unsigned char> random = random_bytes(static_cast<std::size_t>(bytes));
  return fmt::format("{:02x}", fmt::join(random, ""));
}

std::string rfc3339(std::int64_t ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(ms / 1000)), ms % 1000);
}

}  // namespace pxf
