// SPDX-License-Identifier: Apache-2.0
// Signed JSON and keys: the examples of the RFCs, and what is no key or no signature.
#include "support.hpp"

#include "auth/jose.hpp"
#include "base/base64.hpp"

#include <doctest/doctest.h>

using namespace sumun;
using namespace sumun::test;
using auth::PublicKey;

TEST_CASE("thumbprints are those of the RFCs") {
  struct {
    std::string name;
    json jwk;
    const char* want;
  } const cases[] = {
      {"RFC 7638, 3.1",
       {{"kty", "RSA"},
        {"n",
         "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
         "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W"
         "-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
         "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNL"
         "yrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"},
        {"e", "AQAB"},
        {"alg", "RS256"},
        {"kid", "2011-04-29"}},
       "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
      {"RFC 8037, A.3",
       {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
       "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
      {"RFC 9449, 6.1",
       {{"kty", "EC"},
        {"crv", "P-256"},
        {"x", "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"},
        {"y", "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}},
       "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    const auto key = PublicKey::from_jwk(row.jwk);
    REQUIRE(key.has_value());
    CHECK(key->thumbprint() == row.want);
  }
}

TEST_CASE("the signature of RFC 7515, A.3, holds") {
  const auto key = PublicKey::from_jwk({{"kty", "EC"},
                                        {"crv", "P-256"},
                                        {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                        {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}});
  REQUIRE(key.has_value());
  const std::string text =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  const auto jws = auth::read_jws(text);
  REQUIRE(jws.has_value());
  CHECK(jws->payload["iss"] == "joe");
  CHECK(key->verify(*jws));
}

TEST_CASE("a key verifies what it signed and nothing else") {
  for (const TestKey* key : {&TestKey::rsa(), &TestKey::p256(), &TestKey::ed25519()}) {
    CAPTURE(auth::name_of(key->algorithm));
    const auto verifier = PublicKey::from_jwk(key->jwk("k"));
    REQUIRE(verifier.has_value());
    const std::string text = key->sign({}, {{"sub", "alice"}});
    CHECK(verifier->verify(*auth::read_jws(text)));
    // Each byte of the signature matters.
    auto jws = *auth::read_jws(text);
    for (std::size_t at : {std::size_t{0}, jws.signature.size() / 2, jws.signature.size() - 1}) {
      auto bent = jws;
      bent.signature[at] = static_cast<char>(bent.signature[at] ^ 1);
      CHECK_FALSE(verifier->verify(bent));
    }
    auto cut = jws;
    cut.signature.pop_back();
    CHECK_FALSE(verifier->verify(cut));
    cut.signature = std::string(64, '\0');
    CHECK_FALSE(verifier->verify(cut));
    // Another key of the same type.
    const auto other = TestKey::make(key->algorithm);
    CHECK_FALSE(verifier->verify(*auth::read_jws(other.sign({}, {{"sub", "alice"}}))));
    // The type of the key decides about the algorithm, not the header.
    for (const char* name : {"RS256", "ES256", "EdDSA"}) {
      const std::string forged = key->sign({{"alg", name}}, {{"sub", "alice"}});
      CHECK(verifier->verify(*auth::read_jws(forged)) == (name == auth::name_of(key->algorithm)));
    }
  }
}

TEST_CASE("what is no public key for signatures is refused") {
  const json rsa = TestKey::rsa().jwk();
  const json ec = TestKey::p256().jwk();
  const json ed = TestKey::ed25519().jwk();
  const auto with = [](json jwk, const char* name, json value) {
    jwk[name] = std::move(value);
    return jwk;
  };
  const auto without = [](json jwk, const char* name) {
    jwk.erase(name);
    return jwk;
  };
  std::string off_the_curve = *base64url_decode(ec["y"].get<std::string>());
  off_the_curve[31] = static_cast<char>(off_the_curve[31] ^ 1);
  struct {
    std::string name;
    json jwk;
    bool want;
  } const cases[] = {
      {"an RSA key", rsa, true},
      {"an EC key", ec, true},
      {"an Ed25519 key", ed, true},
      {"nothing", json::object(), false},
      {"no object", json::array(), false},
      {"null", nullptr, false},
      {"a shared secret", {{"kty", "oct"}, {"k", "c2VjcmV0"}}, false},
      {"a private key", with(ec, "d", "AAAA"), false},
      {"for encryption", with(rsa, "use", "enc"), false},
      {"for signatures", with(rsa, "use", "sig"), true},
      {"a use that is no string", with(rsa, "use", 1), false},
      {"its algorithm", with(rsa, "alg", "RS256"), true},
      {"another algorithm", with(rsa, "alg", "PS256"), false},
      {"an algorithm of another type", with(rsa, "alg", "ES256"), false},
      {"an algorithm that is no string", with(rsa, "alg", nullptr), false},
      {"to verify", with(ec, "key_ops", {"verify"}), true},
      {"to wrap", with(ec, "key_ops", {"wrapKey"}), false},
      {"operations that are no array", with(ec, "key_ops", "verify"), false},
      {"another curve", with(ec, "crv", "P-384"), false},
      {"secp256k1", with(ec, "crv", "secp256k1"), false},
      {"Ed448", with(ed, "crv", "Ed448"), false},
      {"X25519", with(ed, "crv", "X25519"), false},
      {"a point that is not on the curve", with(ec, "y", base64url_encode(off_the_curve)), false},
      {"a coordinate too short", with(ec, "x", base64url_encode(std::string(31, '\1'))), false},
      {"a coordinate too long", with(ec, "x", base64url_encode(std::string(33, '\1'))), false},
      {"no y", without(ec, "y"), false},
      {"no n", without(rsa, "n"), false},
      {"an empty e", with(rsa, "e", ""), false},
      {"e is one", with(rsa, "e", "AQ"), false},
      {"e is even", with(rsa, "e", "Ag"), false},
      {"e is huge", with(rsa, "e", base64url_encode(std::string(256, '\1'))), false},
      {"e with a zero before it", with(rsa, "e", base64url_encode(std::string("\0\1\0\1", 4))), false},
      {"n of 1024 bits", TestKey::make(SignatureAlgorithm::RS256, 1024).jwk(), false},
      {"n of 16384 bits", with(rsa, "n", base64url_encode(std::string(2048, '\xFF'))), false},
      {"base64 with padding", with(ed, "x", ed["x"].get<std::string>() + "="), false},
      {"an Ed25519 key of 31 bytes", with(ed, "x", base64url_encode(std::string(31, '\1'))), false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    CHECK(PublicKey::from_jwk(row.jwk).has_value() == row.want);
  }
}
