#include "pipeline/file_hash.h"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>
#include <vector>

namespace pxf {
namespace {

std::string hex(std::span<const unsigned char> digest) {
  std::string out;
  for (const unsigned char byte : digest) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace

Result<std::string> sha256_of_file(const std::filesystem::path& path, const CancelToken* cancel) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::not_found, "cannot open for hashing", path.string()};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (hash == nullptr || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) {
    return Error{ErrorCode::internal, "the crypto library has no sha256", {}};
  }
  std::vector<char> block(std::size_t{1} << 20);
  while (file) {
    if (cancel != nullptr && cancel->requested()) return Error{ErrorCode::cancelled, "cancelled", {}};
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    EVP_DigestUpdate(hash.get(), block.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return Error{ErrorCode::io, "reading failed while hashing", path.string()};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  EVP_DigestFinal_ex(hash.get(), digest.data(), &length);
  return hex({digest.data(), length});
}

Result<std::string> sha256_of(Bytes bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    return Error{ErrorCode::internal, "the crypto library has no sha256", {}};
  }
  return hex({digest.data(), length});
}

}  // namespace pxf
