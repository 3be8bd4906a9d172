// SPDX-License-Identifier: Apache-2.0
// Options: what makes sense, and the authenticator of the real world.
#include "auth/authenticator.hpp"
#include "base/base64.hpp"
#include "base/json_text.hpp"
#include "base/random.hpp"
#include "base/scopes.hpp"
#include "http/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>

namespace sumun {

namespace asio = boost::asio;

namespace auth {
namespace {

Error refuse(const std::string& option, const std::string& why) {
  return fail(ErrorCode::invalid_value, option + ": " + why);
}

Result<void> check_scopes(const std::string& option, const std::vector<std::string>& scopes) {
  for (const std::string& scope : scopes) {
    if (!is_scope(scope)) return refuse(option, in_quotes(scope) + " is no scope");
    // Spec: 2026-07-28 basic/authorization, Refresh Tokens
    if (scope == "offline_access")
      return refuse(option, "offline_access is a matter between clients and the authorization server");
  }
  return {};
}

bool is_hash(std::string_view text) {
  constexpr std::string_view kScheme = "sha256:";
  return text.starts_with(kScheme) && text.size() == kScheme.size() + 64 &&
         text.find_first_not_of("0123456789abcdef", kScheme.size()) == text.npos;
}

Result<void> check_tokens(const std::vector<StaticToken>& tokens) {
  std::set<std::string> hashes;
  for (const StaticToken& token : tokens) {
    if (token.name.empty()) return refuse("tokens", "one has no name");
    if (!is_hash(token.hash))
      return refuse("tokens",
                    "the hash of " + in_quotes(token.name) + " is not sha256: and 64 hexadecimal digits in lower case");
    if (!hashes.insert(token.hash).second) return refuse("tokens", in_quotes(token.name) + " has the same hash as another");
    const auto scopes = check_scopes("tokens", token.scopes.value_or(std::vector<std::string>()));
    if (!scopes) return scopes.error();
  }
  return {};
}

// None begins with another: what follows a prefix is the issuer's to choose.
bool prefixes_keep_apart(const std::vector<TrustedIssuer>& issuers) {
  std::vector<std::string_view> prefixes;
  for (const TrustedIssuer& issuer : issuers) prefixes.push_back(issuer.principal_prefix);
  std::sort(prefixes.begin(), prefixes.end());
  const auto begins = [](std::string_view one, std::string_view next) { return next.starts_with(one); };
  return std::adjacent_find(prefixes.begin(), prefixes.end(), begins) == prefixes.end();
}

Result<void> check_issuers(const std::vector<TrustedIssuer>& issuers) {
  std::set<std::string> names;
  for (const TrustedIssuer& issuer : issuers) {
    const auto secure = check_secure_url(issuer.issuer);
    if (!secure) return refuse("issuers", in_quotes(issuer.issuer) + ": " + secure.error().message);
    if (issuer.issuer.find('?') != issuer.issuer.npos) return refuse("issuers", in_quotes(issuer.issuer) + " has a query");
    if (!names.insert(issuer.issuer).second) return refuse("issuers", in_quotes(issuer.issuer) + " is there twice");
    const auto keys = issuer.jwks_uri.empty() ? Result<void>() : check_secure_url(issuer.jwks_uri);
    if (!keys) return refuse("jwks_uri", keys.error().message);
    if (issuer.algorithms.empty()) return refuse("issuers", in_quotes(issuer.issuer) + " may sign with no algorithm");
    if (issuer.principal_claim.empty()) return refuse("principal_claim", "it is empty");
  }
  if (!prefixes_keep_apart(issuers))
    return refuse("issuers",
                  "each needs a principal_prefix that is not the beginning of another's, else one could name the principals of another");
  return {};
}

asio::awaitable<Result<std::string>> get(std::string url, std::string ca_file) {
  http::HttpRequest request;
  request.url = std::move(url);
  request.headers.emplace_back("Accept", "application/json");
  http::FetchOptions options;
  options.limit = kKeyFetchLimit;
  options.max_body = kMaxKeySetBytes;
  options.trust.ca_file = std::move(ca_file);
  auto response = co_await http::fetch(std::move(request), std::move(options));
  if (!response) co_return std::move(response).error();
  if (response->status != 200) co_return fail(ErrorCode::io, "it answered with status " + std::to_string(response->status));
  co_return std::move(response->body);
}

asio::awaitable<void> pause(std::chrono::nanoseconds duration) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(std::move(executor), duration);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace

Result<AuthOptions> checked(AuthOptions options) {
  const auto secure = check_secure_url(options.resource);
  if (!secure) return refuse("resource", secure.error().message);
  auto resource = canonical_uri(options.resource);
  if (resource->find('?') != resource->npos) return refuse("resource", "it has a query");
  options.resource = *std::move(resource);
  if (options.tokens.empty() && options.issuers.empty())
    return refuse("tokens, issuers", "without either nobody could call");
  if (options.dpop == DpopMode::required && !options.tokens.empty())
    return refuse("dpop", "static tokens are not bound to a key, but it is required");
  if (options.clock_skew < std::chrono::seconds(0) || options.clock_skew > std::chrono::minutes(5))
    return refuse("clock_skew", "it must be between 0 and 5 minutes");
  for (const auto& [name, scopes] :
       {std::pair{"required_scopes", &options.required_scopes}, std::pair{"scopes_supported", &options.scopes_supported}}) {
    const auto good = check_scopes(name, *scopes);
    if (!good) return good.error();
  }
  for (const std::string& server : options.authorization_servers) {
    const auto good = check_secure_url(server);
    if (!good) return refuse("authorization_servers", in_quotes(server) + ": " + good.error().message);
  }
  const auto tokens = check_tokens(options.tokens);
  if (!tokens) return tokens.error();
  const auto issuers = check_issuers(options.issuers);
  if (!issuers) return issuers.error();
  return options;
}

}  // namespace auth

inline namespace v0 {

std::string hash_token(std::string_view token) { return "sha256:" + to_hex(sha256(token)); }

std::string new_token() {
  std::array<char, 32> secret;
  random_bytes(std::as_writable_bytes(std::span(secret)));
  return "sumun_" + base64url_encode(std::string_view(secret.data(), secret.size()));
}

Result<std::shared_ptr<Authenticator>> make_authenticator(AuthOptions options) {
  auto good = auth::checked(std::move(options));
  if (!good) return std::move(good).error();
  auth::World world;
  world.fetch = [ca_file = good->ca_file](std::string url) { return auth::get(std::move(url), ca_file); };
  world.pause = auth::pause;
  world.clock = std::make_shared<SystemClock>();
  return std::shared_ptr<Authenticator>(std::make_shared<auth::ResourceServer>(*std::move(good), std::move(world)));
}

}  // namespace v0
}  // namespace sumun
