#include "store/content_digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/error.h"

namespace pxf {

struct ContentDigest::State {
  EVP_MAC* method = EVP_MAC_fetch(nullptr, "POLY1305", nullptr);
  std::array<unsigned char, 32> key{};
};

void ContentDigest::Free::operator()(State* state) const noexcept {
  EVP_MAC_free(state->method);
  delete state;
}

ContentDigest::ContentDigest() : state_(new State) {
  if (state_->method == nullptr || RAND_bytes(state_->key.data(), static_cast<int>(state_->key.size())) != 1) {
    fail(ErrorCode::internal, "the crypto library has no Poly1305");
  }
}

ContentDigest::Value ContentDigest::operator()(Bytes content) const {
  struct FreeContext {
    void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MAC_CTX, FreeContext> context(EVP_MAC_CTX_new(state_->method));
  Value out{};
  std::size_t length = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(content.data());
  if (!context || EVP_MAC_init(context.get(), state_->key.data(), state_->key.size(), nullptr) != 1 ||
      EVP_MAC_update(context.get(), bytes, content.size()) != 1 ||
      EVP_MAC_final(context.get(), out.data(), &length, out.size()) != 1 || length != out.size()) {
    fail(ErrorCode::internal, "the crypto library cannot compute Poly1305");
  }
  return out;
}

}  // namespace pxf
