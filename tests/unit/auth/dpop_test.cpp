// SPDX-License-Identifier: Apache-2.0
// Proofs of possession: what binds a token to its sender, and each way in which a proof is none.
#include "support.hpp"

#include "auth/dpop.hpp"
#include "auth/jose.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sumun;
using namespace sumun::test;
using namespace std::chrono_literals;

namespace {

std::string thumbprint(const TestKey& key) { return auth::PublicKey::from_jwk(key.jwk())->thumbprint(); }

std::string bound_token(const Service& service, const TestKey& holder) {
  json claims = service.claims();
  claims["cnf"] = {{"jkt", thumbprint(holder)}};
  return TestKey::p256().sign({{"typ", "at+jwt"}, {"kid", "k1"}}, claims);
}

json proof_claims(const Service& service, const std::string& token) {
  static int count = 0;
  return {{"htm", "POST"},
          {"htu", kResource},
          {"iat", service.now()},
          {"jti", "j" + std::to_string(++count)},
          {"ath", hash_of(token)}};
}

std::string proof_of(const Service& service, const TestKey& holder, const std::string& token) {
  return holder.sign({{"typ", "dpop+jwt"}, {"jwk", holder.jwk()}}, proof_claims(service, token));
}

Verdict show(Service& service, const std::string& token, const std::string& proof, const char* method = "POST",
             const char* target = "/mcp") {
  const std::string header = "DPoP " + token;
  return service.ask({method, target, header, proof});
}

}  // namespace

TEST_CASE("a bound token is taken with a proof by its key, each proof once") {
  Service service;
  for (const TestKey* holder : {&TestKey::p256(), &TestKey::rsa(), &TestKey::ed25519()}) {
    const std::string token = bound_token(service, *holder);
    const std::string proof = proof_of(service, *holder, token);
    CHECK(words(show(service, token, proof)) == "alice");
    CHECK(why(show(service, token, proof)) == "the DPoP proof was used before");
    CHECK(words(show(service, token, proof_of(service, *holder, token))) == "alice");
    CHECK(words(show(service, token, proof_of(service, *holder, token), "POST", "/mcp?x=1")) == "alice");
  }
}

TEST_CASE("a proof is remembered as long as it could be used again") {
  Service service;
  const TestKey& holder = TestKey::ed25519();
  const std::string token = bound_token(service, holder);
  json claims = proof_claims(service, token);
  claims["iat"] = service.now() + 29;  // the farthest future: it stays valid longest
  const std::string proof = holder.sign({{"typ", "dpop+jwt"}, {"jwk", holder.jwk()}}, claims);
  CHECK(words(show(service, token, proof)) == "alice");
  for (int second = 0; second < 240; ++second) {
    CHECK(status(show(service, token, proof)) == 401);
    service.clock->advance(1s);
  }
  CHECK(why(show(service, token, proof)) == "the DPoP proof is too old, or of the future");
}

TEST_CASE("a proof that is wrong anywhere is refused") {
  Service service;
  const TestKey& holder = TestKey::ed25519();
  const TestKey& other = TestKey::p256();
  const std::string token = bound_token(service, holder);
  const auto with = [&](const std::function<void(json & header, json & claims)>& change,
                        const TestKey& key = TestKey::ed25519()) {
    json header = {{"typ", "dpop+jwt"}, {"jwk", key.jwk()}};
    json claims = proof_claims(service, token);
    change(header, claims);
    return key.sign(header, claims);
  };
  const char* const kUri = "the DPoP proof is for another URI";
  const char* const kTime = "the DPoP proof is too old, or of the future";
  const char* const kWhen = "the DPoP proof does not say when it was made";
  const char* const kJwt = "the DPoP proof is no JWT that is accepted";
  const char* const kKey = "the key of the DPoP proof is not accepted";
  const char* const kMethod = "the DPoP proof is for another method";
  const char* const kToken = "the DPoP proof is for another token";
  struct {
    std::string name;
    std::string proof;
    const char* want;
  } const cases[] = {
      {"none", "", "the DPoP proof is missing"},
      {"two", proof_of(service, holder, token) + ", " + proof_of(service, holder, token), kJwt},
      {"huge", std::string(kMaxProofBytes + 1, 'a'), "the DPoP proof is too long"},
      {"no JWT", "abc", kJwt},
      {"alg none", with([](json& h, json&) { h["alg"] = "none"; }), kJwt},
      {"alg HS256", with([](json& h, json&) { h["alg"] = "HS256"; }), kJwt},
      {"crit", with([](json& h, json&) { h["crit"] = {"x"}; }), kJwt},
      {"no typ", with([](json& h, json&) { h.erase("typ"); }), "the DPoP proof is of another type"},
      {"typ of a token", with([](json& h, json&) { h["typ"] = "at+jwt"; }), "the DPoP proof is of another type"},
      {"no key", with([](json& h, json&) { h.erase("jwk"); }), "the DPoP proof has no key"},
      {"a private key", with([](json& h, json&) { h["jwk"]["d"] = "AAAA"; }), kKey},
      {"a key that is no key", with([](json& h, json&) { h["jwk"] = "x"; }), kKey},
      {"a shared secret", with([](json& h, json&) { h["jwk"] = {{"kty", "oct"}, {"k", "AAAA"}}; }), kKey},
      {"another's key", with([](json&, json&) {}, other), "the token is bound to another key"},
      {"the right key in the header, another's signature",
       with([&](json& h, json&) { h["jwk"] = holder.jwk(); }, TestKey::make(SignatureAlgorithm::EdDSA)),
       "the signature of the DPoP proof is wrong"},
      {"another method", with([](json&, json& c) { c["htm"] = "GET"; }), kMethod},
      {"the method in lower case", with([](json&, json& c) { c["htm"] = "post"; }), kMethod},
      {"no method", with([](json&, json& c) { c.erase("htm"); }), kMethod},
      {"another path", with([](json&, json& c) { c["htu"] = "https://tools.example/other"; }), kUri},
      {"another host", with([](json&, json& c) { c["htu"] = "https://evil.example/mcp"; }), kUri},
      {"plain HTTP", with([](json&, json& c) { c["htu"] = "http://tools.example/mcp"; }), kUri},
      {"no URI", with([](json&, json& c) { c.erase("htu"); }), kUri},
      {"a URI that is none", with([](json&, json& c) { c["htu"] = "/mcp"; }), kUri},
      {"no time", with([](json&, json& c) { c.erase("iat"); }), kWhen},
      {"a time that is a string", with([](json&, json& c) { c["iat"] = "now"; }), kWhen},
      {"too old", with([&](json&, json& c) { c["iat"] = service.now() - 91; }), kTime},
      {"of the future", with([&](json&, json& c) { c["iat"] = service.now() + 31; }), kTime},
      {"no jti", with([](json&, json& c) { c.erase("jti"); }), "the DPoP proof has no jti"},
      {"an empty jti", with([](json&, json& c) { c["jti"] = ""; }), "the DPoP proof has no jti"},
      {"no ath", with([](json&, json& c) { c.erase("ath"); }), kToken},
      {"another token's ath", with([](json&, json& c) { c["ath"] = hash_of("x"); }), kToken},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    const Verdict verdict = show(service, token, row.proof);
    CHECK(why(verdict) == row.want);
    CHECK(status(verdict) == 401);
    const std::string& header = std::get<Challenge>(verdict).www_authenticate;
    CHECK(header.find(R"(DPoP error="invalid_dpop_proof")") != std::string::npos);
    CHECK(header.find(R"(algs="RS256 ES256 EdDSA")") != std::string::npos);
  }
  for (const char* uri : {"https://tools.example/mcp?x=1#y", "HTTPS://TOOLS.example:443/mcp"}) {
    CAPTURE(uri);
    CHECK(words(show(service, token, with([&](json&, json& c) { c["htu"] = uri; }))) == "alice");
  }
}

TEST_CASE("which scheme goes with which token") {
  const auto mode = [](DpopMode of) { return [of](AuthOptions& options) { options.dpop = of; }; };
  const TestKey& holder = TestKey::ed25519();
  struct {
    std::string name;
    DpopMode mode;
    bool bound;
    bool dpop;  // the scheme
    int want;
  } const cases[] = {
      {"off, plain, Bearer", DpopMode::off, false, false, 200},
      {"off, plain, DPoP", DpopMode::off, false, true, 401},
      {"off, bound, Bearer", DpopMode::off, true, false, 401},
      {"off, bound, DPoP", DpopMode::off, true, true, 401},
      {"allowed, plain, Bearer", DpopMode::allowed, false, false, 200},
      {"allowed, plain, DPoP", DpopMode::allowed, false, true, 401},
      {"allowed, bound, Bearer", DpopMode::allowed, true, false, 401},
      {"allowed, bound, DPoP", DpopMode::allowed, true, true, 200},
      {"required, plain, Bearer", DpopMode::required, false, false, 401},
      {"required, plain, DPoP", DpopMode::required, false, true, 401},
      {"required, bound, Bearer", DpopMode::required, true, false, 401},
      {"required, bound, DPoP", DpopMode::required, true, true, 200},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    Service service(mode(row.mode));
    const std::string token = row.bound ? bound_token(service, holder) : service.token();
    for (int time = 0; time < 2; ++time) {
      const std::string proof = proof_of(service, holder, token);
      const std::string header = (row.dpop ? "DPoP " : "Bearer ") + token;
      const Verdict verdict = service.ask({"POST", "/mcp", header, proof});
      CHECK(status(verdict) == row.want);
      if (row.want == 200) continue;
      const std::string& challenge = std::get<Challenge>(verdict).www_authenticate;
      CHECK((challenge.find("Bearer ") != std::string::npos) == (row.mode != DpopMode::required));
      CHECK((challenge.find("DPoP ") != std::string::npos) == (row.mode != DpopMode::off));
    }
  }
}

TEST_CASE("where there is no room to remember proofs, no more are taken") {
  auth::ProofMemory memory(60s, 4);
  const auto now = std::chrono::sys_seconds(1'000'000s);
  using Taken = auth::ProofMemory::Taken;
  const auto take = [&](const std::string& proof, std::chrono::sys_seconds at) { return memory.take(sha256(proof), "k", at); };
  for (int i = 0; i < 4; ++i) CHECK(take(std::to_string(i), now) == Taken::fresh);
  CHECK(take("one more", now) == Taken::full);
  CHECK(take("0", now + 59s) == Taken::again);
  CHECK(take("0", now + 60s) == Taken::again);
  CHECK(take("one more", now + 60s) == Taken::full);
  CHECK(take("one more", now + 120s) == Taken::fresh);
  CHECK(take("0", now + 500s) == Taken::fresh);
}

TEST_CASE("one key cannot use up the room for all proofs") {
  auth::ProofMemory memory(60s, 4, 2);
  const auto now = std::chrono::sys_seconds(1'000'000s);
  using Taken = auth::ProofMemory::Taken;
  CHECK(memory.take(sha256("1"), "greedy", now) == Taken::fresh);
  CHECK(memory.take(sha256("2"), "greedy", now + 60s) == Taken::fresh);
  CHECK(memory.take(sha256("3"), "greedy", now + 60s) == Taken::key_is_full);
  CHECK(memory.take(sha256("3"), "other", now + 60s) == Taken::fresh);
  CHECK(memory.take(sha256("1"), "greedy", now + 60s) == Taken::again);
  CHECK(memory.take(sha256("4"), "greedy", now + 120s) == Taken::fresh);  // the first is forgotten
}

TEST_CASE("who is refused because of too many proofs is told so") {
  Service service;
  AuthOptions options;
  options.resource = kResource;
  const auth::Resource resource(options);
  const std::string token = service.token();
  auth::ProofMemory memory(60s, 2, 1);
  const auto said = [&](const TestKey& holder) {
    const std::string proof = proof_of(service, holder, token);
    const std::string key = thumbprint(holder);
    auth::ProofRequest request;
    request.proof = proof;
    request.method = "POST";
    request.target = "/mcp";
    request.token = token;
    request.bound_to = key;
    request.now = std::chrono::sys_seconds(std::chrono::seconds(service.now()));
    const auto proved = auth::check_proof(request, resource, 30s, memory);
    return proved ? "taken" : proved.error().code == ErrorCode::busy ? proved.error().message : "not busy";
  };
  CHECK(said(TestKey::ed25519()) == "taken");
  CHECK(said(TestKey::ed25519()) == "too many DPoP proofs by this key came");
  CHECK(said(TestKey::p256()) == "taken");
  CHECK(said(TestKey::make(SignatureAlgorithm::ES256)) == "too many DPoP proofs came; no more can be remembered now");
}
