// SPDX-License-Identifier: Apache-2.0
// JWS and JWK through OpenSSL's EVP.
#include "auth/jose.hpp"

#include "base/base64.hpp"
#include "base/canonical.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <cstdlib>

namespace sumun::auth {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* made) const {
    Free(made);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;
using Number = Owned<BIGNUM, BN_free>;

Error refuse(std::string why) { return fail(ErrorCode::unauthorized, std::move(why)); }

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// ---- reading

constexpr ParseLimits kTokenLimits{.max_depth = kMaxClaimDepth, .max_values = kMaxClaimValues};

Result<json> read_part(std::string_view part) {
  const auto text = base64url_decode(part);
  if (!text) return refuse("a part of the token is not base64url");
  auto value = parse_json(*text, kTokenLimits);
  if (!value || !value->is_object()) return refuse("a part of the token is not a JSON object");
  return value;
}

std::optional<SignatureAlgorithm> algorithm_of(std::string_view name) {
  if (name == "RS256") return SignatureAlgorithm::RS256;
  if (name == "ES256") return SignatureAlgorithm::ES256;
  if (name == "EdDSA" || name == "Ed25519") return SignatureAlgorithm::EdDSA;  // RFC 9864 has the second name
  return std::nullopt;
}

// ---- keys

// The bytes of a base64url member.
Result<std::string> binary(const json& jwk, const char* name) {
  const std::string* text = string_member(jwk, name);
  auto value = text == nullptr ? std::nullopt : base64url_decode(*text);
  if (!value || value->empty()) return refuse("the key lacks " + std::string(name));
  return *std::move(value);
}

Result<std::shared_ptr<void>> made_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return refuse("the key is no valid key");
  std::shared_ptr<void> owned(key, [](void* made) { EVP_PKEY_free(static_cast<EVP_PKEY*>(made)); });
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!check || EVP_PKEY_public_check_quick(check.get()) != 1) return refuse("the key is no valid key");
  return owned;
}

Result<std::shared_ptr<void>> rsa_key(std::string_view modulus, std::string_view exponent) {
  // A longer exponent or modulus would only cost us time: it may come from whoever sends a proof.
  if (modulus.front() == 0 || exponent.front() == 0 || exponent.size() > 4) return refuse("the key is no valid key");
  const Number n(BN_bin2bn(bytes(modulus), static_cast<int>(modulus.size()), nullptr));
  const Number e(BN_bin2bn(bytes(exponent), static_cast<int>(exponent.size()), nullptr));
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder) std::abort();  // no memory
  if (BN_num_bits(n.get()) < kMinRsaBits || BN_num_bits(n.get()) > kMaxRsaBits || !BN_is_odd(e.get()) || BN_is_one(e.get()))
    return refuse("the key is too short, too long, or no valid key");
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return made_from("RSA", builder.get());
}

Result<std::shared_ptr<void>> p256_key(std::string_view x, std::string_view y) {
  if (x.size() != 32 || y.size() != 32) return refuse("the key is no valid key");
  const std::string point = "\x04" + std::string(x) + std::string(y);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!builder) std::abort();
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return made_from("EC", builder.get());
}

Result<std::shared_ptr<void>> ed25519_key(std::string_view x) {
  if (x.size() != 32) return refuse("the key is no valid key");
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes(x), x.size());
  if (key == nullptr) return refuse("the key is no valid key");
  return std::shared_ptr<void>(key, [](void* made) { EVP_PKEY_free(static_cast<EVP_PKEY*>(made)); });
}

// RFC 7638, section 3: the members that make the key, in the order of their names.
std::string thumbprint_of(const json& jwk, std::initializer_list<const char*> members) {
  json made = json::object();
  for (const char* name : members) made[name] = jwk.at(name);
  const Digest digest = stable_digest(made);
  return base64url_encode(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// RFC 7517, sections 4.2 to 4.4: what a key says that it is for.
bool is_for(const json& jwk, SignatureAlgorithm algorithm) {
  const auto use = jwk.find("use");
  if (use != jwk.end() && *use != "sig") return false;
  const auto name = jwk.find("alg");
  if (name != jwk.end() && (!name->is_string() || algorithm_of(name->get_ref<const std::string&>()) != algorithm))
    return false;
  const auto operations = jwk.find("key_ops");
  if (operations == jwk.end()) return true;
  if (!operations->is_array()) return false;
  for (const json& operation : *operations)
    if (operation == "verify") return true;
  return false;
}

// ---- signatures

// JWS has r and s side by side, OpenSSL wants them in DER (RFC 7518, section 3.4).
std::string der_signature(std::string_view signature) {
  if (signature.size() != 64) return {};
  const Owned<ECDSA_SIG, ECDSA_SIG_free> made(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(bytes(signature), 32, nullptr);
  BIGNUM* s = BN_bin2bn(bytes(signature) + 32, 32, nullptr);
  if (!made || r == nullptr || s == nullptr || ECDSA_SIG_set0(made.get(), r, s) != 1) std::abort();  // no memory
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(made.get(), &der);
  std::string out;
  if (size > 0) out.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

std::string_view name_of(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::RS256: return "RS256";
    case SignatureAlgorithm::ES256: return "ES256";
    case SignatureAlgorithm::EdDSA: break;
  }
  return "EdDSA";
}

const std::string* string_member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get_ptr<const std::string*>() : nullptr;
}

Result<Jws> read_jws(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == text.npos ? text.npos : text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) return refuse("the token is no signed JWT");
  Jws jws;
  auto header = read_part(text.substr(0, first));
  if (!header) return std::move(header).error();
  const std::string* name = string_member(*header, "alg");
  const auto algorithm = name == nullptr ? std::nullopt : algorithm_of(*name);
  if (!algorithm) return refuse("the token is signed by an algorithm that is not accepted");
  if (header->contains("crit")) return refuse("the token demands an extension that is not supported");
  auto payload = read_part(text.substr(first + 1, second - first - 1));
  if (!payload) return std::move(payload).error();
  auto signature = base64url_decode(text.substr(second + 1));
  if (!signature || signature->empty()) return refuse("the token has no signature");
  return Jws{*std::move(header), *std::move(payload), *algorithm, text.substr(0, second), *std::move(signature)};
}

Result<PublicKey> PublicKey::from_jwk(const json& jwk) {
  if (!jwk.is_object()) return refuse("the key is no JSON object");
  if (jwk.contains("d") || jwk.contains("k")) return refuse("the key is not a public key");
  const std::string* type = string_member(jwk, "kty");
  const std::string* curve = string_member(jwk, "crv");
  const auto finish = [&jwk](SignatureAlgorithm algorithm, Result<std::shared_ptr<void>> key,
                             std::initializer_list<const char*> members) -> Result<PublicKey> {
    if (!key) return std::move(key).error();
    if (!is_for(jwk, algorithm)) return refuse("the key is for something else");
    return PublicKey(algorithm, *std::move(key), thumbprint_of(jwk, members));
  };
  if (type != nullptr && *type == "RSA") {
    const auto n = binary(jwk, "n");
    if (!n) return n.error();
    const auto e = binary(jwk, "e");
    if (!e) return e.error();
    return finish(SignatureAlgorithm::RS256, rsa_key(*n, *e), {"e", "kty", "n"});
  }
  if (type != nullptr && *type == "EC" && curve != nullptr && *curve == "P-256") {
    const auto x = binary(jwk, "x");
    if (!x) return x.error();
    const auto y = binary(jwk, "y");
    if (!y) return y.error();
    return finish(SignatureAlgorithm::ES256, p256_key(*x, *y), {"crv", "kty", "x", "y"});
  }
  if (type != nullptr && *type == "OKP" && curve != nullptr && *curve == "Ed25519") {
    const auto x = binary(jwk, "x");
    if (!x) return x.error();
    return finish(SignatureAlgorithm::EdDSA, ed25519_key(*x), {"crv", "kty", "x"});
  }
  return refuse("the key is of a type that is not accepted");
}

bool PublicKey::verify(const Jws& jws) const {
  if (jws.algorithm != algorithm_) return false;
  const bool edwards = algorithm_ == SignatureAlgorithm::EdDSA;
  const std::string signature = algorithm_ == SignatureAlgorithm::ES256 ? der_signature(jws.signature) : jws.signature;
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  if (!context) std::abort();  // no memory
  // RSA's padding is PKCS #1 v1.5 unless told otherwise, which is RS256's.
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, edwards ? nullptr : "SHA256", nullptr, nullptr,
                                 static_cast<EVP_PKEY*>(key_.get()), nullptr) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(jws.signed_text),
                          jws.signed_text.size()) == 1;
}

}  // namespace sumun::auth
