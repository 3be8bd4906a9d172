// SPDX-License-Identifier: Apache-2.0
// What is known is decided at once; the rest waits for keys where it must.
#include "auth/authenticator.hpp"

#include "auth/claims.hpp"
#include "base/ascii.hpp"
#include "base/scopes.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace sumun::auth {

namespace asio = boost::asio;

namespace {

constexpr std::array<bool, 256> kOfTokens = [] {
  std::array<bool, 256> of{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"))
    of[static_cast<unsigned char>(c)] = true;
  return of;
}();

// RFC 6750, section 2.1.
bool is_b64token(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  bool good = !text.empty();
  for (const char c : text)
    good &= kOfTokens[static_cast<unsigned char>(c)];  // no early end: the good case is the one that counts
  return good;
}

bool has_token_in_query(std::string_view target) {
  std::size_t at = target.find('?');
  while (at != target.npos) {
    if (target.substr(at + 1).starts_with("access_token=")) return true;
    at = target.find('&', at + 1);
  }
  return false;
}

}  // namespace

// A token as it was shown.
struct ResourceServer::Shown {
  Scheme scheme = Scheme::bearer;
  std::string_view token;
  Digest digest;
};

// Credentials that live as long as the coroutine that decides about them.
struct ResourceServer::Request {
  explicit Request(const Credentials& of)
      : method(of.method), target(of.target), authorization(of.authorization), dpop(of.dpop) {}
  Credentials views() const { return {method, target, authorization, dpop}; }
  std::string method, target, authorization, dpop;
};

ResourceServer::ResourceServer(AuthOptions options, World world)
    : options_(std::move(options)),
      world_(std::move(world)),
      resource_(options_),
      unauthorized_(resource_.unauthorized()),
      proofs_(kProofLife + 2 * options_.clock_skew) {
  for (const TrustedIssuer& issuer : options_.issuers)
    issuers_.push_back(std::make_shared<KeySet>(issuer, world_.fetch, world_.pause, world_.clock, options_.log));
  for (const StaticToken& token : options_.tokens) {
    Digest digest;
    const std::string_view hex = std::string_view(token.hash).substr(std::string_view("sha256:").size());
    for (std::size_t i = 0; i < digest.size(); ++i)
      digest[i] = static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(2 * i, 2)), nullptr, 16));
    auto principal = std::make_shared<Principal>();
    principal->name = token.name;
    principal->groups = token.groups;
    if (token.scopes) principal->scopes = widened(*token.scopes);
    Verdict verdict = principal;
    if (principal->scopes && lacks_required(*principal->scopes)) verdict = resource_.insufficient_scope({});
    static_tokens_.emplace(digest, std::move(verdict));
  }
}

std::chrono::sys_seconds ResourceServer::now() const {
  return std::chrono::floor<std::chrono::seconds>(world_.clock->wall());
}

std::variant<ResourceServer::Shown, Challenge> ResourceServer::read(const Credentials& credentials) const {
  // Spec: 2026-07-28 basic/authorization, Token Requirements: never in the query
  if (has_token_in_query(credentials.target)) return resource_.invalid_request("a token does not belong into the URI");
  const std::string_view header = credentials.authorization;
  if (header.empty()) return unauthorized_;
  const std::size_t space = std::min(header.find(' '), header.size());
  Shown shown;
  if (same_word(header.substr(0, space), "dpop") && options_.dpop != DpopMode::off) {
    shown.scheme = Scheme::dpop;
  } else if (!same_word(header.substr(0, space), "bearer")) {
    return unauthorized_;  // another scheme: as good as none
  }
  shown.token = header.substr(std::min(header.find_first_not_of(' ', space), header.size()));
  if (shown.token.empty()) return malformed();
  if (shown.token.size() > kMaxTokenBytes) return resource_.invalid_token("the token is too long", shown.scheme);
  if (shown.scheme == Scheme::bearer && options_.dpop == DpopMode::required)
    return resource_.invalid_token("the token must be bound to a key of its sender", Scheme::dpop);
  shown.digest = sha256(shown.token);
  return shown;
}

std::shared_ptr<const VerifiedToken> ResourceServer::remembered(const Digest& digest) const {
  auto token = cache_.find(digest);
  return token && token->key->good(world_.clock->now()) ? token : nullptr;
}

std::optional<Verdict> ResourceServer::known(const Credentials& credentials) {
  auto read_now = read(credentials);
  if (auto* challenge = std::get_if<Challenge>(&read_now)) return std::move(*challenge);
  const Shown& shown = std::get<Shown>(read_now);
  if (shown.scheme == Scheme::dpop) return std::nullopt;
  const auto found = static_tokens_.empty() ? static_tokens_.end() : static_tokens_.find(shown.digest);
  if (found != static_tokens_.end()) return found->second;
  const auto token = remembered(shown.digest);
  if (token && !token->issuer->wants_renewal()) return judge(*token, shown, credentials);
  if (!is_b64token(shown.token)) return malformed();  // what is remembered was found to be well-formed
  if (issuers_.empty()) return resource_.invalid_token("the token is not known");
  return std::nullopt;
}

Verdict ResourceServer::judge(const VerifiedToken& token, const Shown& shown, const Credentials& credentials) {
  const auto at = now();
  if (token.expires <= at) return resource_.invalid_token("the token has expired", shown.scheme);
  if (shown.scheme == Scheme::bearer && !token.bound_to.empty())
    return resource_.invalid_token("the token is bound to a key and needs its proof", shown.scheme);
  if (shown.scheme == Scheme::dpop) {
    if (token.bound_to.empty()) return resource_.invalid_token("the token is not bound to a key", shown.scheme);
    ProofRequest request;
    request.proof = credentials.dpop;
    request.method = credentials.method;
    request.target = credentials.target;
    request.token = shown.token;
    request.bound_to = token.bound_to;
    request.now = at;
    const auto proved = check_proof(request, resource_, options_.clock_skew, proofs_);
    if (!proved && proved.error().code == ErrorCode::busy) return resource_.busy(kProofLife, proved.error().message);
    if (!proved) return resource_.invalid_proof(proved.error().message);
  }
  if (!token.sufficient) return resource_.insufficient_scope({});
  return token.principal;
}

asio::awaitable<Verdict> ResourceServer::authenticate(Credentials credentials) {
  return decide(shared_from_this(), Request(credentials));
}

asio::awaitable<Verdict> ResourceServer::decide(std::shared_ptr<ResourceServer> self, Request request) {
  const Credentials credentials = request.views();
  auto read_now = self->read(credentials);
  if (auto* challenge = std::get_if<Challenge>(&read_now)) co_return std::move(*challenge);
  const Shown shown = std::get<Shown>(read_now);
  const auto written_down = self->static_tokens_.find(shown.digest);
  if (written_down != self->static_tokens_.end()) {
    if (shown.scheme == Scheme::bearer) co_return written_down->second;
    co_return self->resource_.invalid_token("the token is not bound to a key", shown.scheme);
  }
  auto token = self->remembered(shown.digest);
  if (!token && !is_b64token(shown.token)) co_return self->malformed();
  if (!token) {
    std::string text(shown.token);
    auto verified = co_await verify(self, std::move(text));
    if (!verified && verified.error().code == ErrorCode::unauthorized)
      co_return self->resource_.invalid_token(verified.error().message, shown.scheme);
    if (!verified) {
      const auto& seconds = verified.error().data;
      co_return self->resource_.unavailable(std::chrono::seconds(seconds.is_number() ? seconds.get<int>() : 1));
    }
    token = *std::move(verified);
    self->cache_.insert(shown.digest, token, self->now());
  }
  if (token->issuer->wants_renewal()) {
    auto executor = co_await asio::this_coro::executor;
    token->issuer->renew(std::move(executor));
  }
  co_return self->judge(*token, shown, credentials);
}

KeySet* ResourceServer::key_set(const json& payload) const {
  const std::string* name = string_member(payload, "iss");
  if (name == nullptr) return nullptr;
  const auto found =
      std::find_if(issuers_.begin(), issuers_.end(), [name](const auto& one) { return one->issuer().issuer == *name; });
  return found == issuers_.end() ? nullptr : found->get();
}

// Errors: unauthorized; busy, with the seconds to wait as its data.
asio::awaitable<Result<std::shared_ptr<const VerifiedToken>>> ResourceServer::verify(std::shared_ptr<ResourceServer> self,
                                                                                     std::string token) {
  const auto refuse = [](std::string why) { return fail(ErrorCode::unauthorized, std::move(why)); };
  const auto jws = read_jws(token);
  if (!jws) co_return jws.error();
  KeySet* keys = self->key_set(jws->payload);
  if (keys == nullptr) co_return refuse("the token is of an issuer that is not trusted");
  Expected expected;
  expected.resource = self->resource_.uri();
  expected.now = self->now();
  expected.skew = self->options_.clock_skew;
  // The claims first: a token that is not for us or is old costs no signature check and no fetch.
  auto claims = read_claims(*jws, keys->issuer(), expected);
  if (!claims) co_return std::move(claims).error();
  if (!claims->bound_to.empty() && self->options_.dpop == DpopMode::off)
    co_return refuse("the token is bound in a way that is not supported");

  const auto id = jws->header.find("kid");
  if (id != jws->header.end() && !id->is_string()) co_return refuse("the token's kid is no string");
  const std::string* kid = string_member(jws->header, "kid");
  auto key = keys->find(kid, jws->algorithm);
  if (!key) {
    auto fetched = co_await keys->fetch();
    if (!fetched) {
      Error error = std::move(fetched).error();
      error.data = keys->retry_after().count();
      co_return error;
    }
    key = keys->find(kid, jws->algorithm);
  }
  if (!key) co_return refuse("the token is signed by a key that its issuer does not have");
  if (!key->key().verify(*jws)) co_return refuse("the signature of the token is wrong");
  const auto is_taken = [&](const StaticToken& other) { return other.name == claims->principal; };
  if (std::any_of(self->options_.tokens.begin(), self->options_.tokens.end(), is_taken))
    co_return refuse("the token's principal is somebody else here");

  auto principal = std::make_shared<Principal>();
  principal->name = std::move(claims->principal);
  principal->groups = std::move(claims->groups);
  principal->scopes = self->widened(claims->scopes);
  auto verified = std::make_shared<VerifiedToken>();
  verified->sufficient = !self->lacks_required(*principal->scopes);
  verified->principal = std::move(principal);
  verified->expires = claims->expires;
  verified->bound_to = std::move(claims->bound_to);
  verified->key = std::move(key);
  verified->issuer = keys;
  co_return std::shared_ptr<const VerifiedToken>(std::move(verified));
}

// Spec: 2026-07-28 basic/authorization, Step-Up Authorization Flow: a broader scope implies narrower ones.
std::vector<std::string> ResourceServer::widened(const std::vector<std::string>& scopes) const {
  std::set<std::string> all;
  std::vector<std::string> open = scopes;
  while (!open.empty()) {
    std::string scope = std::move(open.back());
    open.pop_back();
    const auto implied = options_.implied_scopes.find(scope);
    if (all.insert(std::move(scope)).second && implied != options_.implied_scopes.end())
      open.insert(open.end(), implied->second.begin(), implied->second.end());
  }
  return {all.begin(), all.end()};
}

bool ResourceServer::lacks_required(const std::vector<std::string>& scopes) const {
  return !holds_all(scopes, options_.required_scopes);
}

void ResourceServer::reload() {
  for (const auto& issuer : issuers_) issuer->expire();
}

}  // namespace sumun::auth
