// SPDX-License-Identifier: Apache-2.0
// Tokens: who is let in, who is not, and what they are told.
#include "support.hpp"

#include "base/base64.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace sumun;
using namespace sumun::test;

namespace {

const Principal& principal(const Verdict& verdict) {
  const auto* found = std::get_if<std::shared_ptr<const Principal>>(&verdict);
  if (found == nullptr) FAIL(words(verdict));
  return **found;
}

std::string header_text(std::string_view alg, std::string_view more = {}) {
  return R"({"alg":")" + std::string(alg) + R"(","kid":"k1")" + std::string(more) + "}";
}

}  // namespace

TEST_CASE("a token of each algorithm names its principal") {
  Service service;
  struct {
    const TestKey* key;
    const char* kid;
  } const cases[] = {{&TestKey::rsa(), "r1"}, {&TestKey::p256(), "k1"}, {&TestKey::ed25519(), "e1"}};
  for (const auto& row : cases) {
    CAPTURE(row.kid);
    json claims = service.claims();
    claims["groups"] = {"staff", "ops"};
    const Verdict verdict = service.bearer(row.key->sign({{"typ", "at+jwt"}, {"kid", row.kid}}, claims));
    const Principal& who = principal(verdict);
    CHECK(who.name == "alice");
    CHECK(who.groups == std::vector<std::string>{"staff", "ops"});
    CHECK(who.scopes == std::vector<std::string>{"mcp:read", "mcp:write"});
  }
}

TEST_CASE("claims of a good token may come in several forms") {
  Service service;
  struct {
    std::string name;
    std::function<void(json& header, json& claims)> change;
    std::vector<std::string> scopes = {"mcp:read", "mcp:write"};
  } const cases[] = {
      {"as it is", [](json&, json&) {}},
      {"typ JWT", [](json& header, json&) { header["typ"] = "JWT"; }},
      {"typ with its media type", [](json& header, json&) { header["typ"] = "application/AT+JWT"; }},
      {"no typ", [](json& header, json&) { header.erase("typ"); }},
      {"no kid, but one key of that algorithm", [](json& header, json&) { header.erase("kid"); }},
      {"an audience among several", [](json&, json& c) { c["aud"] = {"https://other.example", kResource}; }},
      {"an audience in capitals", [](json&, json& c) { c["aud"] = "HTTPS://Tools.Example:443/mcp"; }},
      {"a fraction in exp", [&](json&, json& c) { c["exp"] = static_cast<double>(service.now()) + 10.5; }},
      {"expired, but within the skew", [&](json&, json& c) { c["exp"] = service.now() - 20; }},
      {"not valid yet, but within the skew", [&](json&, json& c) { c["nbf"] = service.now() + 20; }},
      {"scopes as an array", [](json&, json& c) { c["scope"] = {"a", "b"}; }, {"a", "b"}},
      {"scp as a string", [](json&, json& c) { c.erase("scope"), c["scp"] = "a  b"; }, {"a", "b"}},
      {"scp as an array", [](json&, json& c) { c.erase("scope"), c["scp"] = {"a"}; }, {"a"}},
      {"no scopes at all", [](json&, json& c) { c.erase("scope"); }, {}},
      {"claims that nobody knows", [](json&, json& c) { c["x"] = {{"y", {1, 2, 3}}}; }},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    json header = {{"typ", "at+jwt"}, {"kid", "k1"}};
    json claims = service.claims();
    row.change(header, claims);
    const Verdict verdict = service.bearer(TestKey::p256().sign(header, claims));
    CHECK(principal(verdict).name == "alice");
    CHECK(principal(verdict).scopes == row.scopes);
  }
}

TEST_CASE("a token that is wrong anywhere is refused with 401 and the reason, be it known or not") {
  Service service;
  const TestKey& key = TestKey::p256();
  const std::string good = service.token();
  const auto changed = [&](const char* name, json value) {
    json claims = service.claims();
    claims[name] = std::move(value);
    return key.sign({{"typ", "at+jwt"}, {"kid", "k1"}}, claims);
  };
  const auto without = [&](const char* name) {
    json claims = service.claims();
    claims.erase(name);
    return key.sign({{"typ", "at+jwt"}, {"kid", "k1"}}, claims);
  };
  const auto with_header = [&](json header) {
    if (!header.contains("kid")) header["kid"] = "k1";
    return key.sign(header, service.claims());
  };
  const std::string payload = service.claims().dump();
  const auto parts = [&good](int which) {
    const auto first = good.find('.');
    const auto second = good.find('.', first + 1);
    return which == 0   ? good.substr(0, first)
           : which == 1 ? good.substr(first + 1, second - first - 1)
                        : good.substr(second + 1);
  };
  const std::string not_signed = base64url_encode(R"({"alg":"none"})") + "." + parts(1) + ".";
  const std::string public_key = TestKey::rsa().jwk().dump();
  const char* const kNoJwt = "the token is no signed JWT";
  const char* const kAlgorithm = "the token is signed by an algorithm that is not accepted";
  const char* const kBase64 = "a part of the token is not base64url";
  const char* const kJson = "a part of the token is not a JSON object";
  const char* const kSignature = "the signature of the token is wrong";
  const char* const kResourceOf = "the token is for another resource";
  const char* const kKey = "the token is signed by a key that its issuer does not have";
  const char* const kList = "a claim of the token is no list of strings";
  const char* const kDate = "a date of the token is no date";
  const char* const kWhose = "the token does not say whose it is";
  const char* const kBound = "the token is bound in a way that is not supported";
  struct {
    std::string name;
    std::string token;
    std::string want;
  } const cases[] = {
      {"one letter", "x", kNoJwt},
      {"two parts", parts(0) + "." + parts(1), kNoJwt},
      {"four parts", good + "." + parts(2), kNoJwt},
      {"five parts, as an encrypted one has", "a.b.c.d.e", kNoJwt},
      {"an empty header", "." + parts(1) + "." + parts(2), kJson},
      {"an empty payload", parts(0) + ".." + parts(2), kJson},
      {"no signature", parts(0) + "." + parts(1) + ".", "the token has no signature"},
      {"truncated", good.substr(0, good.size() - 2), kSignature},
      {"huge", std::string(kMaxTokenBytes + 1, 'a'), "the token is too long"},
      {"as long as it may be", std::string(kMaxTokenBytes, 'a'), kNoJwt},
      {"alg none without a signature", not_signed, kAlgorithm},
      {"alg none with one", key.sign({{"alg", "none"}}, service.claims()), kAlgorithm},
      {"alg None", key.sign({{"alg", "None"}}, service.claims()), kAlgorithm},
      {"alg HS256 with the public key as the secret", key.sign({{"alg", "HS256"}, {"kid", "r1"}}, service.claims()),
       kAlgorithm},
      {"alg PS256", key.sign({{"alg", "PS256"}, {"kid", "r1"}}, service.claims()), kAlgorithm},
      {"alg in lower case", key.sign({{"alg", "es256"}}, service.claims()), kAlgorithm},
      {"alg is no string", key.sign({{"alg", 1}}, service.claims()), kAlgorithm},
      {"no alg", key.sign_text(R"({"kid":"k1"})", payload), kAlgorithm},
      {"alg of another type than the key", key.sign({{"alg", "RS256"}, {"kid", "k1"}}, service.claims()), kKey},
      {"alg of the key, signed by another", key.sign({{"alg", "RS256"}, {"kid", "r1"}}, service.claims()), kSignature},
      {"crit", with_header({{"crit", {"exp"}}}), "the token demands an extension that is not supported"},
      {"an ID token's type is not told apart, another is", with_header({{"typ", "logout+jwt"}}),
       "the token is no access token"},
      {"a proof as a token", with_header({{"typ", "dpop+jwt"}}), "the token is no access token"},
      {"typ is no string", with_header({{"typ", 1}}), "the token is no access token"},
      {"a kid that nobody has", with_header({{"kid", "k9"}}), kKey},
      {"an empty kid", with_header({{"kid", ""}}), kKey},
      {"a kid that is a path", with_header({{"kid", "../../etc/passwd"}}), kKey},
      {"a kid that is no string", with_header({{"kid", 1}}), "the token's kid is no string"},
      {"its own key in the header",
       TestKey::make(SignatureAlgorithm::ES256).sign({{"kid", "k1"}, {"jwk", key.jwk()}}, service.claims()), kSignature},
      {"another's key", TestKey::make(SignatureAlgorithm::ES256).sign({{"kid", "k1"}}, service.claims()), kSignature},
      {"a changed payload", parts(0) + "." + base64url_encode(R"({"iss":"https://login.example"})") + "." + parts(2),
       kResourceOf},
      {"a payload that was changed in the name",
       parts(0) + "." + base64url_encode([&] {
         json claims = service.claims();
         claims["sub"] = "root";
         return claims.dump();
       }()) +
           "." + parts(2),
       kSignature},
      {"base64 with padding", parts(0) + "." + parts(1) + "=." + parts(2), "the Authorization header is malformed"},
      {"base64 with a plus", parts(0) + "+." + parts(1) + "." + parts(2), kBase64},
      {"base64 with bits that no encoder writes", "e31." + parts(1) + "." + parts(2), kBase64},
      {"the other spelling of the last letter",
       [&] {
         std::string other = good;  // 64 bytes end in two bits of nothing
         other.back() = other.back() == 'A' ? 'B' : static_cast<char>(other.back() + 1);
         return other;
       }(),
       "the token has no signature"},
      {"a header that is no JSON", base64url_encode("{alg}") + "." + parts(1) + "." + parts(2), kJson},
      {"a header that is an array", base64url_encode("[]") + "." + parts(1) + "." + parts(2), kJson},
      {"a payload that is a string", parts(0) + "." + base64url_encode("\"x\"") + "." + parts(2), kJson},
      {"a member twice in the header", key.sign_text(header_text("ES256", R"(,"alg":"none")"), payload), kJson},
      {"a member twice in the payload",
       key.sign_text(header_text("ES256"), payload.substr(0, payload.size() - 1) + R"(,"sub":"root"})"), kJson},
      {"something behind the payload", key.sign_text(header_text("ES256"), payload + "{}"), kJson},
      {"bytes that are no UTF-8", key.sign_text(header_text("ES256"), "{\"sub\":\"\xFF\"}"), kJson},
      {"nested too deeply",
       key.sign_text(header_text("ES256"), R"({"a":)" + std::string(20, '[') + std::string(20, ']') + "}"), kJson},
      {"no issuer", without("iss"), "the token is of an issuer that is not trusted"},
      {"another issuer", changed("iss", "https://evil.example"), "the token is of an issuer that is not trusted"},
      {"the issuer with a slash behind it", changed("iss", "https://login.example/"),
       "the token is of an issuer that is not trusted"},
      {"the issuer in capitals", changed("iss", "https://LOGIN.example"), "the token is of an issuer that is not trusted"},
      {"no audience", without("aud"), kResourceOf},
      {"another audience", changed("aud", "https://other.example/mcp"), kResourceOf},
      {"another path", changed("aud", "https://tools.example/mcp2"), kResourceOf},
      {"the origin alone", changed("aud", "https://tools.example"), kResourceOf},
      {"a path below it", changed("aud", "https://tools.example/mcp/x"), kResourceOf},
      {"the path with a slash", changed("aud", "https://tools.example/mcp/"), kResourceOf},
      {"another scheme", changed("aud", "http://tools.example/mcp"), kResourceOf},
      {"another port", changed("aud", "https://tools.example:8443/mcp"), kResourceOf},
      {"a client's id", changed("aud", "client-1"), kResourceOf},
      {"an empty audience", changed("aud", ""), kResourceOf},
      {"no audience in the array", changed("aud", json::array()), kResourceOf},
      {"an audience that is a number", changed("aud", 7), kResourceOf},
      {"an audience inside an array", changed("aud", {{kResource}}), kResourceOf},
      {"too many audiences",
       changed("aud",
               [] {
                 std::vector<std::string> many(kMaxGroups, "a");
                 many.emplace_back(kResource);
                 return many;
               }()),
       kResourceOf},
      {"no exp", without("exp"), "the token does not say when it expires"},
      {"expired", changed("exp", service.now() - 31), "the token has expired"},
      {"expired to the second", changed("exp", service.now() - 30), "the token has expired"},
      {"exp as a string", changed("exp", std::to_string(service.now() + 3600)), kDate},
      {"exp below zero", changed("exp", -1), kDate},
      {"exp beyond all time", changed("exp", 1e300), kDate},
      {"exp null", changed("exp", nullptr), kDate},
      {"not valid yet", changed("nbf", service.now() + 120), "the token is not valid yet"},
      {"nbf true", changed("nbf", true), kDate},
      {"issued in the future", changed("iat", service.now() + 120), "the token is of the future"},
      {"no sub", without("sub"), kWhose},
      {"an empty sub", changed("sub", ""), kWhose},
      {"a sub that is a number", changed("sub", 7), kWhose},
      {"a sub with a line break", changed("sub", "alice\nroot"), kWhose},
      {"a sub that is too long", changed("sub", std::string(kMaxPrincipalBytes + 1, 'a')), kWhose},
      {"a sub that looks like a local user", changed("sub", "local:root"), "the token's principal is one of this machine"},
      {"groups as a string", changed("groups", "admin"), kList},
      {"groups that are numbers", changed("groups", {1}), kList},
      {"scopes as an object", changed("scope", json::object()), kList},
      {"too many scopes", changed("scope", std::vector<std::string>(kMaxGroups + 1, "x")),
       "a claim of the token is too long"},
      {"bound to a certificate", changed("cnf", {{"x5t#S256", "abc"}}), kBound},
      {"bound twice", changed("cnf", {{"jkt", "abc"}, {"x5t#S256", "abc"}}), kBound},
      {"bound to null", changed("cnf", nullptr), kBound},
      {"bound to a key, without its proof", changed("cnf", {{"jkt", "abc"}}),
       "the token is bound to a key and needs its proof"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    for (int time = 0; time < 2; ++time) {
      const Verdict verdict = service.bearer(row.token);
      CHECK(why(verdict) == row.want);
      const bool malformed = row.want == "the Authorization header is malformed";
      CHECK(status(verdict) == (malformed ? 400 : 401));
      CHECK(words(verdict).find(malformed ? R"(Bearer error="invalid_request")" : R"(Bearer error="invalid_token")") !=
            std::string::npos);
    }
  }
  CHECK(words(service.bearer(good)) == "alice");
}

TEST_CASE("what is no token at all is asked for one") {
  Service service;
  const std::string good = service.token();
  struct {
    std::string name;
    std::string authorization;
    std::string target;
    int want;
    const char* error;  // in the challenge; "" = none, as RFC 6750 3.1 wants it where nothing was shown
  } const cases[] = {
      {"nothing", "", "/mcp", 401, ""},
      {"another scheme", "Basic YWxpY2U6c2VjcmV0", "/mcp", 401, ""},
      {"the scheme alone", "Bearer", "/mcp", 400, "invalid_request"},
      {"the scheme and a space", "Bearer ", "/mcp", 400, "invalid_request"},
      {"two headers joined", "Bearer " + good + ", Bearer " + good, "/mcp", 400, "invalid_request"},
      {"a token with a space", "Bearer a b", "/mcp", 400, "invalid_request"},
      {"a token with a quote", "Bearer \"a\"", "/mcp", 400, "invalid_request"},
      {"a token with a byte that is no ASCII", "Bearer \xC3\xA4", "/mcp", 400, "invalid_request"},
      {"in the query", "", "/mcp?access_token=" + good, 400, "invalid_request"},
      {"in the query too", "Bearer " + good, "/mcp?x=1&access_token=" + good, 400, "invalid_request"},
      {"good, in lower case", "bearer " + good, "/mcp", 200, ""},
      {"good, with a query", "Bearer " + good, "/mcp?not_access_token=1", 200, ""},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    const Verdict verdict = service.ask({"POST", row.target, row.authorization, {}});
    CHECK(status(verdict) == row.want);
    if (row.want == 200) continue;
    const std::string& header = std::get<Challenge>(verdict).www_authenticate;
    CHECK((header.find("error=") != std::string::npos) == (*row.error != '\0'));
    CHECK(header.find(row.error) != std::string::npos);
    CHECK(header.find(R"(resource_metadata="https://tools.example/.well-known/oauth-protected-resource/mcp")") !=
          std::string::npos);
    CHECK(header.find(good) == std::string::npos);
  }
  CHECK(service.fetched[kKeysUri] == 1);
}

TEST_CASE("static tokens are known by their hash alone") {
  const std::string token = new_token();
  const std::string limited = new_token();
  CHECK(token.size() == 49);
  CHECK(token != limited);
  Service service([&](AuthOptions& options) {
    options.tokens = {{.name = "ci", .groups = {"robots"}, .hash = hash_token(token)},
                      {.name = "reader", .scopes = std::vector<std::string>{"mcp:read"}, .hash = hash_token(limited)}};
  });
  CHECK(words(service.bearer(token)) == "ci");
  CHECK(principal(service.bearer(token)).groups == std::vector<std::string>{"robots"});
  CHECK_FALSE(principal(service.bearer(token)).scopes.has_value());
  CHECK(principal(service.bearer(limited)).scopes == std::vector<std::string>{"mcp:read"});
  CHECK(service.server->known({"POST", "/mcp", "Bearer " + token, {}}).has_value());
  CHECK(why(service.bearer(hash_token(token).substr(7))) == "the token is no signed JWT");
  CHECK(why(service.bearer(token + "a")) == "the token is no signed JWT");
  json claims = service.claims();
  claims["sub"] = "ci";
  CHECK(why(service.bearer(TestKey::p256().sign({{"kid", "k1"}}, claims))) == "the token's principal is somebody else here");
  CHECK(status(service.ask({"POST", "/mcp", "DPoP " + token, {}})) == 401);

  Service alone([&](AuthOptions& options) {
    options.issuers.clear();
    options.tokens = {{.name = "ci", .hash = hash_token(token)}};
  });
  CHECK(words(alone.bearer(token)) == "ci");
  CHECK(words(alone.bearer("other")) ==
        R"(401 Bearer error="invalid_token", error_description="the token is not known", DPoP algs="RS256 ES256 EdDSA")");
  CHECK_FALSE(alone.server->metadata("/.well-known/oauth-protected-resource").has_value());
}

TEST_CASE("scopes: a broader one implies narrower ones, and a token that lacks a required one is told all of them") {
  Service service([](AuthOptions& options) {
    options.required_scopes = {"mcp:use"};
    options.implied_scopes = {{"mcp:admin", {"mcp:write"}}, {"mcp:write", {"mcp:read", "mcp:use"}}, {"loop", {"loop"}}};
  });
  const auto ask = [&](const char* scope) {
    json claims = service.claims();
    claims["scope"] = scope;
    return service.bearer(TestKey::p256().sign({{"kid", "k1"}}, claims));
  };
  CHECK(principal(ask("mcp:admin")).scopes == std::vector<std::string>{"mcp:admin", "mcp:read", "mcp:use", "mcp:write"});
  CHECK(principal(ask("mcp:use loop")).scopes == std::vector<std::string>{"loop", "mcp:use"});
  for (const char* scope : {"mcp:read", "", "mcp:us"}) {
    CAPTURE(scope);
    for (int time = 0; time < 2; ++time) {
      const Verdict verdict = ask(scope);
      CHECK(status(verdict) == 403);
      CHECK(std::get<Challenge>(verdict).error.data == json({{"scopes", {"mcp:use"}}}));
      CHECK(words(verdict).find(R"(403 Bearer error="insufficient_scope")") == 0);
      CHECK(words(verdict).find(R"(scope="mcp:use")") != std::string::npos);
    }
  }
  const Challenge more = service.server->insufficient_scope({"files:write", "mcp:use"});
  CHECK(more.error.code == ErrorCode::insufficient_scope);
  CHECK(more.error.data == json({{"scopes", {"mcp:use", "files:write"}}}));
  CHECK(more.www_authenticate.find(R"(scope="mcp:use files:write")") != std::string::npos);
}

TEST_CASE("a token is checked once, and known until it expires") {
  Service service;
  const std::string header = "Bearer " + service.token();
  const Credentials credentials{"POST", "/mcp", header, {}};
  CHECK_FALSE(service.server->known(credentials).has_value());
  CHECK(words(service.ask(credentials)) == "alice");
  for (int minute = 0; minute < 60; ++minute) {
    const auto known = service.server->known(credentials);
    if (!known) CHECK(words(service.ask(credentials)) == "alice");  // the keys are old: it asks for new ones meanwhile
    service.clock->advance(std::chrono::minutes(1));
  }
  CHECK(words(service.ask(credentials)) == "alice");  // the skew
  service.clock->advance(std::chrono::seconds(31));
  CHECK(why(service.ask(credentials)) == "the token has expired");
  CHECK(service.fetched[kKeysUri] >= 11);
  CHECK(service.fetched[kKeysUri] <= 13);
}

TEST_CASE("options that make no sense are refused by name") {
  struct {
    std::string name;
    std::function<void(AuthOptions&)> change;
    std::string want;  // what the message begins with; "" = good
  } const cases[] = {
      {"as it is", [](AuthOptions&) {}, ""},
      {"loopback", [](AuthOptions& o) { o.resource = "http://127.0.0.1:8080/mcp"; }, ""},
      {"loopback by name", [](AuthOptions& o) { o.resource = "http://localhost:8080/mcp"; }, ""},
      {"no resource", [](AuthOptions& o) { o.resource = ""; }, "resource: "},
      {"no scheme", [](AuthOptions& o) { o.resource = "tools.example"; }, "resource: "},
      {"a fragment", [](AuthOptions& o) { o.resource = "https://tools.example#x"; }, "resource: "},
      {"a query", [](AuthOptions& o) { o.resource = "https://tools.example/mcp?x"; }, "resource: "},
      {"plain HTTP", [](AuthOptions& o) { o.resource = "http://tools.example/mcp"; }, "resource: "},
      {"a host that only looks like loopback", [](AuthOptions& o) { o.resource = "http://127.0.0.1.example/mcp"; },
       "resource: "},
      {"an issuer over plain HTTP", [](AuthOptions& o) { o.issuers[0].issuer = "http://login.example"; }, "issuers: "},
      {"keys over plain HTTP", [](AuthOptions& o) { o.issuers[0].jwks_uri = "http://login.example/keys"; }, "jwks_uri: "},
      {"the same issuer twice", [](AuthOptions& o) { o.issuers.push_back(o.issuers[0]); }, "issuers: "},
      {"two issuers without prefixes", [](AuthOptions& o) { o.issuers.push_back({.issuer = "https://b.example"}); },
       "issuers: each needs"},
      {"two issuers, of which one has no prefix and so could name the other's principals",
       [](AuthOptions& o) { o.issuers.push_back({.issuer = "https://b.example", .principal_prefix = "b:"}); },
       "issuers: each needs"},
      {"two issuers, the prefix of one the beginning of the other's",
       [](AuthOptions& o) {
         o.issuers[0].principal_prefix = "b:c:";
         o.issuers.push_back({.issuer = "https://b.example", .principal_prefix = "b:"});
       },
       "issuers: each needs"},
      {"two issuers with the same prefix",
       [](AuthOptions& o) {
         o.issuers[0].principal_prefix = "b:";
         o.issuers.push_back({.issuer = "https://b.example", .principal_prefix = "b:"});
       },
       "issuers: each needs"},
      {"two issuers",
       [](AuthOptions& o) {
         o.issuers[0].principal_prefix = "a:";
         o.issuers.push_back({.issuer = "https://b.example", .principal_prefix = "b:"});
       },
       ""},
      {"no algorithm", [](AuthOptions& o) { o.issuers[0].algorithms.clear(); }, "issuers: "},
      {"nobody", [](AuthOptions& o) { o.issuers.clear(); }, "tokens, issuers: "},
      {"a token in clear", [](AuthOptions& o) { o.tokens = {{.name = "ci", .hash = "secret"}}; },
       "tokens: the hash of \"ci\""},
      {"a hash in capitals", [](AuthOptions& o) { o.tokens = {{.name = "ci", .hash = "sha256:" + std::string(64, 'A')}}; },
       "tokens: "},
      {"a token twice", [](AuthOptions& o) { o.tokens.assign(2, {.name = "ci", .hash = hash_token("x")}); }, "tokens: "},
      {"a token without a name", [](AuthOptions& o) { o.tokens = {{.hash = hash_token("x")}}; }, "tokens: "},
      {"static tokens where binding is required",
       [](AuthOptions& o) {
         o.tokens = {{.name = "ci", .hash = hash_token("x")}};
         o.dpop = DpopMode::required;
       },
       "dpop: "},
      {"a scope with a quote", [](AuthOptions& o) { o.required_scopes = {"a\"b"}; }, "required_scopes: "},
      {"a scope with a space", [](AuthOptions& o) { o.scopes_supported = {"a b"}; }, "scopes_supported: "},
      {"offline_access", [](AuthOptions& o) { o.scopes_supported = {"offline_access"}; },
       "scopes_supported: offline_access"},
      {"a skew of a day", [](AuthOptions& o) { o.clock_skew = std::chrono::hours(24); }, "clock_skew: "},
      {"an authorization server that is no URL", [](AuthOptions& o) { o.authorization_servers = {"login"}; },
       "authorization_servers: "},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    AuthOptions options;
    options.resource = kResource;
    options.issuers = {{.issuer = kIssuer}};
    row.change(options);
    const auto made = make_authenticator(std::move(options));
    CAPTURE((made ? std::string() : made.error().message));
    CHECK(made.has_value() == row.want.empty());
    if (!made) CHECK(made.error().message.starts_with(row.want));
  }
}
