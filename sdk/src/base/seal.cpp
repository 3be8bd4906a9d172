// SPDX-License-Identifier: Apache-2.0
// AES-256-GCM through OpenSSL's EVP.
#include "base/seal.hpp"

#include "base/base64.hpp"
#include "base/random.hpp"

#include <openssl/evp.h>

#include <cstdlib>
#include <limits>
#include <span>

namespace sumun {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kOverhead = 1 + kNonceBytes + kTagBytes;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }
const unsigned char* bytes(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

void must(bool ok) {
  if (!ok) {
    std::abort();  // no memory, or a crypto library without AES-GCM
  }
}

int length(std::size_t size) {
  must(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(size);
}

// Fetched with the first text, once: it sets up the whole of the crypto library, and most servers never seal anything.
const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  must(fetched != nullptr);
  return fetched;
}

}  // namespace

struct Sealer::Impl {
  explicit Impl(std::vector<SealKey> with) : keys(std::move(with)) { must(!keys.empty()); }
  ~Impl() {
    for (SealKey& key : keys) {
      OPENSSL_cleanse(key.data(), key.size());
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  bool open(const SealKey& key, std::string_view sealed, std::string_view context, std::string& plain) const {
    const char* const nonce = sealed.data() + 1;
    const std::string_view body = sealed.substr(1 + kNonceBytes, sealed.size() - kOverhead);
    std::string tag(sealed.substr(sealed.size() - kTagBytes));
    const Context cx(EVP_CIPHER_CTX_new());
    must(cx && EVP_DecryptInit_ex2(cx.get(), cipher(), key.data(), bytes(nonce), nullptr) == 1);
    int written = 0;
    must(EVP_DecryptUpdate(cx.get(), nullptr, &written, bytes(context.data()), length(context.size())) == 1);
    plain.resize(body.size());
    must(EVP_DecryptUpdate(cx.get(), bytes(plain.data()), &written, bytes(body.data()), length(body.size())) == 1);
    must(EVP_CIPHER_CTX_ctrl(cx.get(), EVP_CTRL_AEAD_SET_TAG, length(kTagBytes), tag.data()) == 1);
    unsigned char none = 0;
    return EVP_DecryptFinal_ex(cx.get(), &none, &written) == 1;
  }

  std::vector<SealKey> keys;
};

Sealer::Sealer() {
  SealKey key;
  random_bytes(std::as_writable_bytes(std::span(key)));
  impl_ = std::make_unique<Impl>(std::vector<SealKey>{key});
  OPENSSL_cleanse(key.data(), key.size());
}
Sealer::Sealer(std::vector<SealKey> keys) : impl_(std::make_unique<Impl>(std::move(keys))) {}
Sealer::~Sealer() = default;
Sealer::Sealer(Sealer&&) noexcept = default;
Sealer& Sealer::operator=(Sealer&&) noexcept = default;

std::string Sealer::seal(std::string_view plain, std::string_view context) const {
  std::string sealed(kOverhead + plain.size(), '\0');
  sealed[0] = kVersion;
  char* const nonce = sealed.data() + 1;
  char* const body = nonce + kNonceBytes;
  random_bytes(std::as_writable_bytes(std::span(nonce, kNonceBytes)));
  const Context cx(EVP_CIPHER_CTX_new());
  int written = 0;
  must(cx && EVP_EncryptInit_ex2(cx.get(), cipher(), impl_->keys.front().data(), bytes(nonce), nullptr) == 1);
  must(EVP_EncryptUpdate(cx.get(), nullptr, &written, bytes(context.data()), length(context.size())) == 1);
  must(EVP_EncryptUpdate(cx.get(), bytes(body), &written, bytes(plain.data()), length(plain.size())) == 1);
  must(EVP_EncryptFinal_ex(cx.get(), bytes(body) + plain.size(), &written) == 1);
  must(EVP_CIPHER_CTX_ctrl(cx.get(), EVP_CTRL_AEAD_GET_TAG, length(kTagBytes), body + plain.size()) == 1);
  return base64url_encode(sealed);
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view context) const {
  const std::optional<std::string> raw = base64url_decode(sealed);
  if (raw && raw->size() >= kOverhead && raw->front() == kVersion) {
    for (const SealKey& key : impl_->keys) {
      std::string plain;
      if (impl_->open(key, *raw, context, plain)) {
        return plain;
      }
    }
  }
  return Error{ErrorCode::invalid_value, "the sealed text is not ours or not for this", nullptr};
}

}  // namespace sumun
