// SPDX-License-Identifier: Apache-2.0
// Who the caller of an HTTP endpoint is: an OAuth 2.1 resource server. It takes bearer tokens that the operator wrote down
// as hashes, and JWTs of authorization servers whose keys it fetches, bound to their sender by DPoP where asked for.
// It asks nobody else, it gives tokens to nobody: a handler sees the Principal, never the token.
//
//   auto who = sumun::make_authenticator({.resource = "https://tools.example/mcp",
//                                         .issuers = {{.issuer = "https://login.example"}}});
#pragma once
#include <sumun/export.hpp>
#include <sumun/log.hpp>
#include <sumun/principal.hpp>
#include <sumun/result.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sumun {
inline namespace v0 {

// ---------------------------------------------------------------- what is accepted

/// How a token may be signed. There is no `none` and nothing with a shared secret.
/// Spec: RFC 7518, RFC 8037
enum class SignatureAlgorithm { RS256, ES256, EdDSA };

/// A token that the operator handed out. Only its hash is known here.
struct StaticToken {
  std::string name;                                // the principal
  std::vector<std::string> groups;
  std::optional<std::vector<std::string>> scopes;  // none = not limited
  std::string hash;                                // "sha256:" and 64 hex digits, as hash_token writes it
};

/// An authorization server whose JWTs are accepted.
struct TrustedIssuer {
  std::string issuer;    // exactly as in `iss`; https, or http on a loopback host
  std::string jwks_uri;  // where its keys are; empty = its metadata says so (RFC 8414, OpenID Connect Discovery)
  std::vector<SignatureAlgorithm> algorithms = {SignatureAlgorithm::RS256, SignatureAlgorithm::ES256,
                                                SignatureAlgorithm::EdDSA};
  std::string principal_claim = "sub";  // the claim that names the principal: a string that its owner cannot choose
  std::string principal_prefix;         // put before it; with several issuers each needs one, none the beginning of another
  std::string groups_claim = "groups";  // an array of strings; empty = no groups
  std::string scopes_claim;             // words in a string, or an array; empty = `scope`, else `scp`
};

/// Whether tokens are bound to a key of their sender.
/// Spec: RFC 9449
enum class DpopMode {
  off,       // bearer tokens only
  allowed,   // a bound token needs its proof, others are bearer tokens
  required,  // only bound tokens
};

struct AuthOptions {
  /// The canonical URI of the endpoint as clients see it: `https://host/mcp`. JWTs must name it as their audience.
  std::string resource;
  std::string resource_name;              // for people; empty = left out
  std::vector<StaticToken> tokens;
  std::vector<TrustedIssuer> issuers;
  std::vector<std::string> required_scopes;   // every request needs them
  std::vector<std::string> scopes_supported;  // told to clients: the least that is useful; empty = required_scopes
  /// A broader scope and the narrower ones that it implies (and what those imply).
  std::map<std::string, std::vector<std::string>> implied_scopes;
  std::vector<std::string> authorization_servers;  // told to clients; empty = the issuers
  std::chrono::seconds clock_skew{30};    // by which the clocks of others may differ from ours
  DpopMode dpop = DpopMode::allowed;
  std::string ca_file;                    // certificates that vouch for the issuers' hosts; empty = the system's
  LogSink log;                            // failures to get keys; never a token
};

/// The hash of a token as StaticToken::hash wants it. The token must be random (new_token), not a password.
SUMUN_EXPORT std::string hash_token(std::string_view token);
/// A new random token, 256 bits: `sumun_` and 43 characters.
SUMUN_EXPORT std::string new_token();

// ---------------------------------------------------------------- what is decided

/// What one HTTP request says of its sender. The views must live until `known` returns; `authenticate` copies them
/// before it first waits.
struct Credentials {
  std::string_view method;         // "POST"
  std::string_view target;         // path and query, as in the request line
  std::string_view authorization;  // the header's value; empty = absent. Of several, all of them joined by ", ": refused
  std::string_view dpop;           // the same for DPoP
};

/// A refusal.
/// Spec: RFC 6750 section 3, RFC 9728 section 5.1, RFC 9449 section 7.1; 2026-07-28 basic/authorization, Error Handling
struct Challenge {
  int status = 401;                     // 400, 401, 403; 503 = not now: no keys, or too many proofs
  std::string www_authenticate;         // the header's value; empty = without
  std::chrono::seconds retry_after{0};  // 0 = without the header Retry-After
  Error error;                          // for the JSON-RPC body
};

using Verdict = std::variant<std::shared_ptr<const Principal>, Challenge>;

/// Tells who sends a request. A program may bring its own.
/// Thread:  any, for all members.
/// Owner:   shared by the program and the server that it is handed to.
class SUMUN_EXPORT Authenticator {
 public:
  virtual ~Authenticator() = default;

  /// Decides at once, from memory, where that is possible (no credentials, malformed ones, a token seen before);
  /// nullopt = ask `authenticate`.
  virtual std::optional<Verdict> known(const Credentials& credentials) = 0;
  /// Decides, waiting for the keys of an authorization server where they are missing or old.
  /// Cancels: ends the waiting; the keys are fetched nevertheless, others may wait for them.
  virtual boost::asio::awaitable<Verdict> authenticate(Credentials credentials) = 0;
  /// The refusal of a request whose principal lacks some of `needed`: 403 and what to ask the authorization server for.
  virtual Challenge insufficient_scope(const std::vector<std::string>& needed) const = 0;
  /// The protected-resource metadata (JSON), if `target` is where it lies: the well-known path with the resource's path
  /// behind it, or alone.
  /// Spec: RFC 9728 section 3; 2026-07-28 basic/authorization/authorization-server-discovery
  virtual std::optional<std::string> metadata(std::string_view target) const = 0;
  /// Has fetched keys fetched again at the next request. Keys and checked tokens stay good until that succeeds; then what
  /// is gone goes.
  virtual void reload() = 0;
};

/// The authenticator of these options.
/// Errors: invalid_value; the message names the option and what is wrong with it.
SUMUN_EXPORT Result<std::shared_ptr<Authenticator>> make_authenticator(AuthOptions options);

}  // namespace v0
}  // namespace sumun
