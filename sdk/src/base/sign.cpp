// SPDX-License-Identifier: Apache-2.0
// Ed25519 through OpenSSL's EVP.
#include "base/sign.hpp"

#include "base/base64.hpp"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace sumun {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

void must(bool ok) {
  if (!ok) std::abort();  // no memory, or a crypto library without Ed25519
}

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Key key_of(const SigningSeed& seed) {
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  must(key != nullptr);
  return key;
}

}  // namespace

std::string public_part(const SigningSeed& seed) {
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  must(EVP_PKEY_get_raw_public_key(key_of(seed).get(), bytes_of(raw), &size) == 1 && size == raw.size());
  return base64url_encode(raw);
}

std::string sign(const SigningSeed& seed, std::string_view bytes) {
  const Key key = key_of(seed);
  const Context context(EVP_MD_CTX_new());
  std::string raw(64, '\0');
  std::size_t size = raw.size();
  must(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  must(EVP_DigestSign(context.get(), bytes_of(raw), &size, bytes_of(bytes), bytes.size()) == 1 && size == raw.size());
  return base64url_encode(raw);
}

bool is_signed(std::string_view public_part, std::string_view bytes, std::string_view signature) {
  const auto raw = base64url_decode(public_part);
  const auto said = base64url_decode(signature);
  if (!raw || raw->size() != 32 || !said) return false;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(std::string_view(*raw)), raw->size()));
  const Context context(EVP_MD_CTX_new());
  must(context != nullptr);
  return key && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(std::string_view(*said)), said->size(), bytes_of(bytes), bytes.size()) == 1;
}

}  // namespace sumun
