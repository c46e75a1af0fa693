#include "store/file_hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace pxf {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
};

void Sha256::Free::operator()(State* state) const noexcept {
  EVP_MD_CTX_free(state->context);
  delete state;
}

Sha256::Sha256() : state_(new State) {
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    fail(ErrorCode::internal, "the crypto library has no sha256");
  }
}

void Sha256::add(const void* bytes, std::size_t count) { EVP_DigestUpdate(state_->context, bytes, count); }

std::string Sha256::digest() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned length = 0;
  EVP_DigestFinal_ex(state_->context, bytes.data(), &length);
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::uint64_t kAutoV1End = kAutoV1Begin + 0x10000;

/// Gives `on_block` the file's bytes, block by block, with where each begins. Throws Failure.
template <class OnBlock>
void read_blocks(const std::filesystem::path& path, const CancelToken* cancel, const OnBlock& on_block) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Failure(Error{ErrorCode::not_found, "cannot open for hashing", path.string()});
  std::vector<char> block(kBlock);
  for (std::uint64_t at = 0; file; at += block.size()) {
    if (cancel != nullptr && cancel->requested()) throw Failure(Error{ErrorCode::cancelled, "cancelled", {}});
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    on_block(at, std::string_view(block.data(), static_cast<std::size_t>(file.gcount())));
  }
  if (file.bad()) throw Failure(Error{ErrorCode::io, "reading failed while hashing", path.string()});
}

/// Where a safetensors file's tensors begin: after the length of its header, 8 bytes, and the header, a JSON object.
std::optional<std::uint64_t> tensors_begin(std::string_view start, std::uint64_t file_bytes) {
  constexpr std::size_t kLength = sizeof(std::uint64_t);
  if (start.size() <= kLength || start[kLength] != '{') return std::nullopt;
  const auto header = load_le<std::uint64_t>(as_bytes(start));
  return header <= file_bytes - kLength ? std::optional(kLength + header) : std::nullopt;
}

/// The sha256 of the bytes from `begin` to `end` of a file that is read block by block.
class PartHash {
 public:
  PartHash(std::uint64_t begin, std::uint64_t end) : begin_(begin), end_(end) {}

  void add(std::uint64_t at, std::string_view block) {
    const std::uint64_t from = std::max(begin_, at), to = std::min<std::uint64_t>(end_, at + block.size());
    if (from < to) hash_.add(block.data() + (from - at), static_cast<std::size_t>(to - from));
  }
  std::string digest() { return hash_.digest(); }

 private:
  Sha256 hash_;
  std::uint64_t begin_, end_;
};

}  // namespace

Result<std::string> sha256_of_file(const std::filesystem::path& path, const CancelToken* cancel) {
  return catch_errors([&] {
    Sha256 hash;
    read_blocks(path, cancel, [&](std::uint64_t, std::string_view block) { hash.add(block.data(), block.size()); });
    return hash.digest();
  });
}

Result<FileDigests> digests_of_file(const std::filesystem::path& path, const CancelToken* cancel) {
  return catch_errors([&] {
    constexpr auto kEnd = std::numeric_limits<std::uint64_t>::max();
    PartHash all(0, kEnd), auto_v1(kAutoV1Begin, kAutoV1End);
    std::optional<PartHash> tensors;
    std::error_code unknown;
    const std::uint64_t bytes = std::filesystem::file_size(path, unknown);
    read_blocks(path, cancel, [&](std::uint64_t at, std::string_view block) {
      if (const auto begin = at == 0 ? tensors_begin(block, bytes) : std::nullopt) tensors.emplace(*begin, kEnd);
      all.add(at, block);
      auto_v1.add(at, block);
      if (tensors) tensors->add(at, block);
    });
    return FileDigests{all.digest(), tensors ? tensors->digest() : std::string(), auto_v1.digest().substr(0, 8)};
  });
}

Result<std::string> sha256_of(Bytes bytes) {
  return catch_errors([&] {
    Sha256 hash;
    hash.add(bytes.data(), bytes.size());
    return hash.digest();
  });
}

}  // namespace pxf
