// SPDX-License-Identifier: Apache-2.0
// Signed JSON: the compact form (RFC 7515), public keys (RFC 7517) and their thumbprints (RFC 7638). What may sign is
// decided by the key's type, never by what the text says of itself.
//
//   base64url(header) "." base64url(payload) "." base64url(signature)
#pragma once
#include <sumun/auth.hpp>
#include <sumun/json.hpp>
#include <sumun/limits.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sumun::auth {

std::string_view name_of(SignatureAlgorithm algorithm);

/// What a text claims; nothing of it is true before `PublicKey::verify` said so.
struct Jws {
  json header;   // an object
  json payload;  // an object
  SignatureAlgorithm algorithm = SignatureAlgorithm::RS256;
  std::string_view signed_text;  // header and payload, as they stand in the text
  std::string signature;
};

/// Reads the compact form, strictly: three parts, each the one encoding of its bytes, JSON without duplicate names, an
/// algorithm of ours, nothing critical that we would have to understand. The result refers to `text`.
/// Errors: unauthorized; the message is fixed words and repeats nothing of the text.
Result<Jws> read_jws(std::string_view text);

/// A public key: RSA of 2048 bits or more (RS256), P-256 (ES256) or Ed25519 (EdDSA). Its type allows one algorithm.
/// Thread: any.
class PublicKey {
 public:
  /// Errors: unauthorized: another type, a use other than signing, a private key, numbers that are no key.
  static Result<PublicKey> from_jwk(const json& jwk);

  SignatureAlgorithm algorithm() const { return algorithm_; }
  const std::string& thumbprint() const { return thumbprint_; }  // base64url of the SHA-256
  bool verify(const Jws& jws) const;

 private:
  PublicKey(SignatureAlgorithm algorithm, std::shared_ptr<void> key, std::string thumbprint)
      : algorithm_(algorithm), key_(std::move(key)), thumbprint_(std::move(thumbprint)) {}

  SignatureAlgorithm algorithm_;
  std::shared_ptr<void> key_;  // an EVP_PKEY
  std::string thumbprint_;
};

/// The member of an object, if it is there and is a string.
const std::string* string_member(const json& object, const char* name);

}  // namespace sumun::auth
