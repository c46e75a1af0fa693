#include "store/file_hash.h"

#include <openssl/evp.h>

#include <array>
#include <fstream>
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

Result<std::string> sha256_of_file(const std::filesystem::path& path, const CancelToken* cancel) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::not_found, "cannot open for hashing", path.string()};
  return catch_errors([&] {
    Sha256 hash;
    std::vector<char> block(std::size_t{1} << 20);
    while (file) {
      if (cancel != nullptr && cancel->requested()) throw Failure(Error{ErrorCode::cancelled, "cancelled", {}});
      file.read(block.data(), static_cast<std::streamsize>(block.size()));
      hash.add(block.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) throw Failure(Error{ErrorCode::io, "reading failed while hashing", path.string()});
    return hash.digest();
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
