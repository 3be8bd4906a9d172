// SPDX-License-Identifier: Apache-2.0
// Signing by OpenSSL, and the table that plays the authorization server.
#include "support.hpp"

#include "../runtime/support.hpp"
#include "base/base64.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <stdexcept>

namespace sumun::test {
namespace {

void must(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL failed");
}

std::string number(EVP_PKEY* key, const char* name, int width = 0) {
  BIGNUM* value = nullptr;
  must(EVP_PKEY_get_bn_param(key, name, &value) == 1);
  std::string bytes(static_cast<std::size_t>(width > 0 ? width : BN_num_bytes(value)), '\0');
  BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  BN_free(value);
  return base64url_encode(bytes);
}

}  // namespace

TestKey TestKey::make(SignatureAlgorithm algorithm, int rsa_bits) {
  EVP_PKEY* made = nullptr;
  switch (algorithm) {
    case SignatureAlgorithm::RS256: made = EVP_RSA_gen(static_cast<std::size_t>(rsa_bits)); break;
    case SignatureAlgorithm::ES256: made = EVP_EC_gen("P-256"); break;
    case SignatureAlgorithm::EdDSA: made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); break;
  }
  must(made != nullptr);
  TestKey key;
  key.algorithm = algorithm;
  key.key_ = std::shared_ptr<void>(made, [](void* one) { EVP_PKEY_free(static_cast<EVP_PKEY*>(one)); });
  return key;
}

const TestKey& TestKey::rsa() {
  static const TestKey key = make(SignatureAlgorithm::RS256);
  return key;
}
const TestKey& TestKey::p256() {
  static const TestKey key = make(SignatureAlgorithm::ES256);
  return key;
}
const TestKey& TestKey::ed25519() {
  static const TestKey key = make(SignatureAlgorithm::EdDSA);
  return key;
}

json TestKey::jwk(const std::string& kid) const {
  auto* key = static_cast<EVP_PKEY*>(key_.get());
  json out = json::object();
  if (!kid.empty()) out["kid"] = kid;
  switch (algorithm) {
    case SignatureAlgorithm::RS256:
      out["kty"] = "RSA";
      out["n"] = number(key, OSSL_PKEY_PARAM_RSA_N);
      out["e"] = number(key, OSSL_PKEY_PARAM_RSA_E);
      break;
    case SignatureAlgorithm::ES256:
      out["kty"] = "EC";
      out["crv"] = "P-256";
      out["x"] = number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
      out["y"] = number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
      break;
    case SignatureAlgorithm::EdDSA: {
      std::array<unsigned char, 32> raw{};
      std::size_t size = raw.size();
      must(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1);
      out["kty"] = "OKP";
      out["crv"] = "Ed25519";
      out["x"] = base64url_encode(std::string_view(reinterpret_cast<const char*>(raw.data()), size));
      break;
    }
  }
  return out;
}

std::string TestKey::signature(const std::string& text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const char* digest = algorithm == SignatureAlgorithm::EdDSA ? nullptr : "SHA256";
  must(EVP_DigestSignInit_ex(context, nullptr, digest, nullptr, nullptr, static_cast<EVP_PKEY*>(key_.get()), nullptr) == 1);
  std::string out(1024, '\0');
  std::size_t size = out.size();
  must(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size,
                      reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  EVP_MD_CTX_free(context);
  out.resize(size);
  if (algorithm != SignatureAlgorithm::ES256) return out;
  const auto* at = reinterpret_cast<const unsigned char*>(out.data());
  ECDSA_SIG* parsed = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(out.size()));
  must(parsed != nullptr);
  std::string pair(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(parsed), reinterpret_cast<unsigned char*>(pair.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parsed), reinterpret_cast<unsigned char*>(pair.data()) + 32, 32);
  ECDSA_SIG_free(parsed);
  return pair;
}

std::string TestKey::sign_text(const std::string& header, const std::string& payload) const {
  const std::string text = base64url_encode(header) + "." + base64url_encode(payload);
  return text + "." + base64url_encode(signature(text));
}

std::string TestKey::sign(json header, const json& payload) const {
  if (!header.contains("alg")) header["alg"] = std::string(auth::name_of(algorithm));
  return sign_text(header.dump(), payload.dump());
}

std::string hash_of(std::string_view token) {
  const Digest digest = sha256(token);
  return base64url_encode(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// ---------------------------------------------------------------- the world

namespace {

boost::asio::awaitable<Result<std::string>> answer(Service* service, std::string url) {
  ++service->fetched[url];
  if (service->before_answer) co_await service->before_answer();
  const auto page = service->pages.find(url);
  if (page == service->pages.end()) co_return fail(ErrorCode::io, "nobody answers");
  co_return page->second;
}

boost::asio::awaitable<void> move_on(std::shared_ptr<FakeClock> clock, std::chrono::nanoseconds by) {
  clock->advance(std::chrono::ceil<std::chrono::milliseconds>(by));
  co_return;
}

}  // namespace

Service::Service(const std::function<void(AuthOptions&)>& change) {
  AuthOptions options;
  options.resource = kResource;
  TrustedIssuer issuer;
  issuer.issuer = kIssuer;
  issuer.jwks_uri = kKeysUri;
  options.issuers.push_back(issuer);
  options.log = [this](LoggingLevel, std::string_view line) { logged.emplace_back(line); };
  if (change) change(options);
  auth::World world;
  world.fetch = [this](std::string url) { return answer(this, std::move(url)); };
  world.pause = [on = clock](std::chrono::nanoseconds by) { return move_on(on, by); };
  world.clock = clock;
  server = std::make_shared<auth::ResourceServer>(auth::checked(std::move(options)).value(), std::move(world));
  publish({TestKey::rsa().jwk("r1"), TestKey::p256().jwk("k1"), TestKey::ed25519().jwk("e1")});
}

std::int64_t Service::now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(clock->wall().time_since_epoch()).count();
}

json Service::claims() const {
  return {{"iss", kIssuer},      {"aud", kResource}, {"sub", "alice"},
          {"exp", now() + 3600}, {"iat", now()},     {"scope", "mcp:read mcp:write"}};
}

std::string Service::token() const { return TestKey::p256().sign({{"typ", "at+jwt"}, {"kid", "k1"}}, claims()); }

Verdict Service::ask(const Credentials& credentials) {
  auto at_once = server->known(credentials);
  if (at_once) return *std::move(at_once);
  return run(io, server->authenticate(credentials));
}

Verdict Service::bearer(const std::string& token) {
  const std::string header = "Bearer " + token;
  return ask({"POST", "/mcp", header, {}});
}

std::string words(const Verdict& verdict) {
  if (const auto* principal = std::get_if<std::shared_ptr<const Principal>>(&verdict)) return (*principal)->name;
  const auto& challenge = std::get<Challenge>(verdict);
  return std::to_string(challenge.status) + " " + challenge.www_authenticate;
}

std::string why(const Verdict& verdict) {
  const auto* challenge = std::get_if<Challenge>(&verdict);
  return challenge == nullptr ? std::string() : challenge->error.message;
}

int status(const Verdict& verdict) {
  const auto* challenge = std::get_if<Challenge>(&verdict);
  return challenge == nullptr ? 200 : challenge->status;
}

}  // namespace sumun::test
