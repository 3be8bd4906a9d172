// SPDX-License-Identifier: Apache-2.0
// The resource server: from credentials to a principal or a challenge.
#pragma once
#include "auth/dpop.hpp"
#include "auth/key_set.hpp"
#include "auth/resource.hpp"
#include "auth/token_cache.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sumun::auth {

/// What it needs of the world; tests hand in their own.
struct World {
  KeyFetcher fetch;
  Pause pause;
  std::shared_ptr<const Clock> clock;
};

/// Sees to it that the options make sense, and completes them.
/// Errors: invalid_value.
Result<AuthOptions> checked(AuthOptions options);

class ResourceServer final : public Authenticator, public std::enable_shared_from_this<ResourceServer> {
 public:
  /// `options` have been checked.
  ResourceServer(AuthOptions options, World world);

  std::optional<Verdict> known(const Credentials& credentials) override;
  boost::asio::awaitable<Verdict> authenticate(Credentials credentials) override;
  Challenge insufficient_scope(const std::vector<std::string>& needed) const override {
    return resource_.insufficient_scope(needed);
  }
  std::optional<std::string> metadata(std::string_view target) const override { return resource_.metadata(target); }
  void reload() override;

 private:
  struct Shown;
  struct Request;
  using Scheme = Resource::Scheme;

  std::variant<Shown, Challenge> read(const Credentials& credentials) const;
  Challenge malformed() const { return resource_.invalid_request("the Authorization header is malformed"); }
  static boost::asio::awaitable<Verdict> decide(std::shared_ptr<ResourceServer> self, Request request);
  static boost::asio::awaitable<Result<std::shared_ptr<const VerifiedToken>>> verify(std::shared_ptr<ResourceServer> self,
                                                                                     std::string token);
  Verdict judge(const VerifiedToken& token, const Shown& shown, const Credentials& credentials);
  std::shared_ptr<const VerifiedToken> remembered(const Digest& digest) const;
  KeySet* key_set(const json& payload) const;
  std::vector<std::string> widened(const std::vector<std::string>& scopes) const;
  bool lacks_required(const std::vector<std::string>& scopes) const;
  std::chrono::sys_seconds now() const;

  const AuthOptions options_;
  const World world_;
  const Resource resource_;
  const Challenge unauthorized_;
  std::unordered_map<Digest, Verdict, DigestHash> static_tokens_;
  std::vector<std::shared_ptr<KeySet>> issuers_;
  TokenCache cache_;
  ProofMemory proofs_;
};

}  // namespace sumun::auth
