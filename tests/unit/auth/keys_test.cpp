// SPDX-License-Identifier: Apache-2.0
// The keys of an authorization server over time: discovered, fetched once for all who wait, rotated, dropped.
#include "support.hpp"

#include "../runtime/support.hpp"

#include <doctest/doctest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace sumun;
using namespace sumun::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

std::string signed_by(const Service& service, const TestKey& key, const std::string& kid) {
  return key.sign({{"typ", "at+jwt"}, {"kid", kid}}, service.claims());
}

}  // namespace

TEST_CASE("a new key is fetched when a token names it; a key that is gone takes its tokens with it") {
  Service service;
  const auto next = TestKey::make(SignatureAlgorithm::ES256);
  const std::string old_token = service.token();
  CHECK(words(service.bearer(old_token)) == "alice");
  CHECK(service.fetched[kKeysUri] == 1);

  service.publish({TestKey::p256().jwk("k1"), next.jwk("k2")});
  CHECK(words(service.bearer(signed_by(service, next, "k2"))) == "alice");
  CHECK(service.fetched[kKeysUri] == 2);
  CHECK(words(service.bearer(old_token)) == "alice");  // its key is still there: it was not checked anew
  CHECK(service.fetched[kKeysUri] == 2);

  service.publish({next.jwk("k2")});
  CHECK(words(service.bearer(old_token)) == "alice");  // nobody has looked yet
  service.clock->advance(kKeyLife);
  CHECK(words(service.bearer(old_token)) == "alice");  // whoever comes first after the keys' life makes us look
  CHECK(service.fetched[kKeysUri] == 3);
  CHECK(why(service.bearer(old_token)) == "the token is signed by a key that its issuer does not have");
  CHECK(words(service.bearer(signed_by(service, next, "k2"))) == "alice");
}

TEST_CASE("another key under the same id does not vouch for the old key's tokens") {
  Service service;
  const auto next = TestKey::make(SignatureAlgorithm::ES256);
  const std::string old_token = service.token();
  CHECK(words(service.bearer(old_token)) == "alice");
  service.publish({next.jwk("k1")});
  service.clock->advance(kKeyLife);
  service.bearer(old_token);
  CHECK(why(service.bearer(old_token)) == "the signature of the token is wrong");
  CHECK(words(service.bearer(signed_by(service, next, "k1"))) == "alice");
}

TEST_CASE("which of two keys is meant is not guessed") {
  Service service;
  const auto other = TestKey::make(SignatureAlgorithm::ES256);
  service.publish({TestKey::p256().jwk("k1"), other.jwk("k2")});
  CHECK(why(service.bearer(TestKey::p256().sign({}, service.claims()))) ==
        "the token is signed by a key that its issuer does not have");
  CHECK(words(service.bearer(signed_by(service, other, "k2"))) == "alice");
}

TEST_CASE("tokens with invented key ids cause one fetch every few seconds at most") {
  Service service;
  CHECK(words(service.bearer(service.token())) == "alice");
  const auto before = service.clock->now();
  const auto stranger = TestKey::make(SignatureAlgorithm::ES256);
  for (int i = 0; i < 50; ++i)
    CHECK(status(service.bearer(signed_by(service, stranger, "invented" + std::to_string(i)))) == 401);
  const auto passed = service.clock->now() - before;
  CHECK(service.fetched[kKeysUri] - 1 <= passed / kKeyFetchInterval + 1);
}

TEST_CASE(
    "keys that cannot be had: nobody is let in, and told when to come again; those who are known stay until the keys are "
    "too old") {
  struct {
    std::string name;
    std::optional<std::string> page;
  } const cases[] = {
      {"nobody answers", std::nullopt},
      {"no JSON", "<html>"},
      {"an array", "[]"},
      {"no keys", "{}"},
      {"keys that are no array", R"({"keys":{}})"},
      {"a member twice", R"({"keys":[],"keys":[]})"},
      {"too many keys", json{{"keys", std::vector<json>(kMaxIssuerKeys + 1, TestKey::p256().jwk("k1"))}}.dump()},
      {"too long", R"({"keys":[],"x":")" + std::string(kMaxKeySetBytes, 'x') + "\"}"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    Service service;
    const std::string keys = service.pages[kKeysUri];
    if (row.page) {
      service.pages[kKeysUri] = *row.page;
    } else {
      service.pages.erase(kKeysUri);
    }
    const int before = service.fetched[kKeysUri];
    for (int i = 0; i < 3; ++i) {
      const Verdict verdict = service.bearer(service.token());
      REQUIRE(status(verdict) == 503);
      const auto& challenge = std::get<Challenge>(verdict);
      CHECK(challenge.retry_after == kKeyRetryInterval);
      CHECK(challenge.www_authenticate.empty());
      CHECK(challenge.error.code == ErrorCode::busy);
    }
    CHECK(service.fetched[kKeysUri] == before + 1);
    service.pages[kKeysUri] = keys;
    service.clock->advance(kKeyRetryInterval);
    CHECK(words(service.bearer(service.token())) == "alice");
    CHECK(service.logged.size() == 1);
  }

  Service service;
  const std::string old_token = TestKey::p256().sign({{"kid", "k1"}}, [&] {
    json claims = service.claims();
    claims["exp"] = service.now() + 86400;
    return claims;
  }());
  CHECK(words(service.bearer(old_token)) == "alice");
  service.pages.erase(kKeysUri);
  for (auto passed = 0s; passed + 120s < kKeyMaxLife; passed += 60s) {
    CHECK(words(service.bearer(old_token)) == "alice");
    service.clock->advance(60s);
  }
  service.clock->advance(120s);
  CHECK(status(service.bearer(old_token)) == 503);
}

TEST_CASE("a reload while the authorization server is down shuts nobody out; once it answers, keys that are gone go") {
  Service service;
  const auto next = TestKey::make(SignatureAlgorithm::ES256);
  const std::string known = service.token();
  CHECK(words(service.bearer(known)) == "alice");
  const std::string keys = service.pages[kKeysUri];
  service.pages.erase(kKeysUri);
  service.server->reload();
  CHECK(words(service.bearer(known)) == "alice");  // and makes us look
  CHECK(service.fetched[kKeysUri] == 2);
  CHECK(words(service.bearer(known)) == "alice");
  service.clock->advance(1s);
  CHECK(words(service.bearer(service.token())) == "alice");  // by the old keys
  CHECK(service.fetched[kKeysUri] == 2);

  service.publish({next.jwk("k2")});
  service.server->reload();  // does not wait for the next try
  CHECK(words(service.bearer(known)) == "alice");
  CHECK(service.fetched[kKeysUri] == 3);
  CHECK(why(service.bearer(known)) == "the token is signed by a key that its issuer does not have");
  CHECK(words(service.bearer(signed_by(service, next, "k2"))) == "alice");
}

namespace {

asio::awaitable<void> reload_once(Service* service) {
  service->before_answer = nullptr;
  service->server->reload();
  co_return;
}

}  // namespace

TEST_CASE("a reload during a fetch has the keys fetched once more") {
  Service service;
  CHECK(words(service.bearer(service.token())) == "alice");
  service.server->reload();
  service.before_answer = [&service] { return reload_once(&service); };
  service.bearer(service.token());
  CHECK(service.fetched[kKeysUri] == 2);
  service.bearer(service.token());
  CHECK(service.fetched[kKeysUri] == 3);
  service.bearer(service.token());
  CHECK(service.fetched[kKeysUri] == 3);
}

TEST_CASE("an authorization server that withdraws all of its keys is taken at its word") {
  Service service;
  CHECK(words(service.bearer(service.token())) == "alice");
  service.publish({});
  service.clock->advance(kKeyLife);
  service.bearer(service.token());
  CHECK(status(service.bearer(service.token())) == 401);
}

namespace {

asio::awaitable<void> wait_for(std::shared_ptr<asio::steady_timer> gate) {
  co_await gate->async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> ask_once(std::shared_ptr<auth::ResourceServer> server, std::string header,
                               std::shared_ptr<std::vector<int>> said) {
  const Credentials credentials{"POST", "/mcp", header, {}};
  auto verdict = co_await server->authenticate(credentials);
  said->push_back(status(verdict));
}

}  // namespace

TEST_CASE("one fetch serves everybody who waits, on whatever strand, and outlives who began it") {
  Service service;
  const auto gate = std::make_shared<asio::steady_timer>(service.io, asio::steady_timer::time_point::max());
  service.before_answer = [gate] { return wait_for(gate); };
  const std::string header = "Bearer " + service.token();
  const auto said = std::make_shared<std::vector<int>>();
  int ended = 0;
  asio::cancellation_signal stop;
  const auto count = [&ended](const std::exception_ptr&) { ++ended; };
  asio::co_spawn(asio::make_strand(service.io), ask_once(service.server, header, said),
                 asio::bind_cancellation_slot(stop.slot(), count));
  REQUIRE(run_until(service.io, [&] { return service.fetched[kKeysUri] == 1; }));
  for (int i = 0; i < 20; ++i) asio::co_spawn(asio::make_strand(service.io), ask_once(service.server, header, said), count);
  service.io.poll();
  stop.emit(asio::cancellation_type::terminal);  // whoever began it goes away
  REQUIRE(run_until(service.io, [&] { return ended == 1; }));
  CHECK(*said != std::vector<int>{200});
  gate->cancel();
  REQUIRE(run_until(service.io, [&] { return ended == 21; }));
  CHECK(std::count(said->begin(), said->end(), 200) == 20);
  CHECK(service.fetched[kKeysUri] == 1);
}

TEST_CASE("keys are found by the metadata that the issuer has, and by no one else's") {
  const std::string issuer = "https://login.example/tenant";
  const std::string good = json{{"issuer", issuer}, {"jwks_uri", kKeysUri}}.dump();
  struct {
    std::string name;
    std::map<std::string, std::string> pages;
    int want;
  } const cases[] = {
      {"RFC 8414, the path inserted", {{"https://login.example/.well-known/oauth-authorization-server/tenant", good}}, 200},
      {"OpenID, the path inserted", {{"https://login.example/.well-known/openid-configuration/tenant", good}}, 200},
      {"OpenID, the path in front", {{"https://login.example/tenant/.well-known/openid-configuration", good}}, 200},
      {"nowhere", {}, 503},
      {"of another issuer",
       {{"https://login.example/.well-known/oauth-authorization-server/tenant",
         json{{"issuer", "https://login.example"}, {"jwks_uri", kKeysUri}}.dump()}},
       503},
      {"of another issuer, then the right one",
       {{"https://login.example/.well-known/oauth-authorization-server/tenant",
         json{{"issuer", "https://login.example"}, {"jwks_uri", "https://login.example/other"}}.dump()},
        {"https://login.example/tenant/.well-known/openid-configuration", good}},
       200},
      {"without keys",
       {{"https://login.example/.well-known/oauth-authorization-server/tenant", json{{"issuer", issuer}}.dump()}},
       503},
      {"keys over plain HTTP",
       {{"https://login.example/.well-known/oauth-authorization-server/tenant",
         json{{"issuer", issuer}, {"jwks_uri", "http://login.example/keys"}}.dump()}},
       503},
      {"keys in a file",
       {{"https://login.example/.well-known/oauth-authorization-server/tenant",
         json{{"issuer", issuer}, {"jwks_uri", "file:///etc/passwd"}}.dump()}},
       503},
      {"no JSON", {{"https://login.example/.well-known/oauth-authorization-server/tenant", "<html>"}}, 503},
  };
  for (const auto& row : cases) {
    CAPTURE(row.name);
    Service service([&](AuthOptions& options) {
      options.issuers[0].issuer = issuer;
      options.issuers[0].jwks_uri.clear();
    });
    service.pages.insert(row.pages.begin(), row.pages.end());
    json claims = service.claims();
    claims["iss"] = issuer;
    CHECK(status(service.bearer(TestKey::p256().sign({{"kid", "k1"}}, claims))) == row.want);
    for (const auto& [uri, times] : service.fetched) CHECK(uri.starts_with("https://login.example/"));
  }
  CHECK(auth::metadata_uris("https://login.example") ==
        std::vector<std::string>{"https://login.example/.well-known/oauth-authorization-server",
                                 "https://login.example/.well-known/openid-configuration"});
  CHECK(auth::metadata_uris("https://login.example/") == auth::metadata_uris("https://login.example"));
}

TEST_CASE("no more tokens are remembered than there is room for") {
  auth::TokenCache cache;
  const auto now = std::chrono::sys_seconds(1000s);
  const auto entry = [&](std::chrono::sys_seconds expires) {
    auto token = std::make_shared<auth::VerifiedToken>();
    token->expires = expires;
    return token;
  };
  for (std::size_t i = 0; i < 2 * kMaxVerifiedTokens; ++i)
    cache.insert(sha256("old" + std::to_string(i)), entry(now), now - 1s);
  CHECK(cache.size() <= kMaxVerifiedTokens);
  CHECK(cache.size() > kMaxVerifiedTokens / 2);
  for (std::size_t i = 0; i < kMaxVerifiedTokens / 2; ++i)
    cache.insert(sha256("new" + std::to_string(i)), entry(now + 1s), now);
  std::size_t found = 0;
  for (std::size_t i = 0; i < kMaxVerifiedTokens / 2; ++i) found += cache.find(sha256("new" + std::to_string(i))) != nullptr;
  CHECK(found == kMaxVerifiedTokens / 2);  // those that had expired made room
}
